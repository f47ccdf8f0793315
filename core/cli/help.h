// What `alloctrace --help` and the help of its subcommands say below their options.
#pragma once

namespace allocviz::cli {

inline constexpr const char* kFooter = R"(
Examples
  alloctrace info app.mtrace                               what the log holds
  alloctrace convert app.heaptrack.raw.zst app.jsonl.zst   to the format of allocviz
  alloctrace replay app.mtrace --allocator buddy:arena=64MiB,min=64 --allocator buddy:arena=64MiB,min=32
  alloctrace replay app.mtrace --placements -              where every block went, a line an event
  alloctrace sweep *.mtrace --allocator buddy:min=64 --allocator tiered:min=64 --arena min    the smallest arenas that serve
  alloctrace state lesson.json --at 7.3 --json             the allocator in the midst of event 7
  alloctrace render lesson.json --at 7.3 -o step.svg       the same as a picture, for a slide
  alloctrace steps lesson.json --at 7                      what event 7 did
  alloctrace record -o app.jsonl.zst -- ./app --fast       runs ./app --fast and records what it allocates
  alloctrace groups app.heaptrack.raw.zst --by site       who holds what at the end; --at N, --from A --to B, --by size
  alloctrace groups app.jsonl.zst --folded live           the same as stacks for flamegraph.pl, inferno or speedscope
  alloctrace diff app.heaptrack.raw.zst --from 1000 --to 90000 --by site    what was born, died and stayed between
  alloctrace why app.mtrace --allocator buddy:arena=1MiB,min=64   why the first failed request failed

A log is what `alloctrace record` or `heaptrack --raw app` writes, or glibc's mtrace (MALLOC_TRACE=FILE and libc_malloc_debug.so.0
preloaded, in a program that calls mtrace()), a table with a header such as op,address,size,time_us or id,lower,upper,size, JSON
Lines with such keys, or a trace of allocviz' own format. Also read, by content: valgrind --trace-malloc=yes, ltrace, perf script
of the kernel's kmem tracepoints, Android record_allocs, PyTorch CUDA memory snapshots (pickle, JSON), ESP-IDF heap traces,
glibc's malloc trace utilities, Vulkan Memory Allocator recordings, traces of malloc-bench and wee_alloc, CS:APP
.rep, memory.log; packed as .zst, .gz, .xz, .zip.
Exit codes: 0 done, 1 the input or the run failed (one line on standard error), 2 wrong usage.)";

inline constexpr const char* kSpecFooter = R"(
SPEC is KIND:KEY=VALUE,...
  buddy:arena=1MiB,min=64    arena and smallest block; also block=64KiB, the largest block (else the arena), and
                             gaps=4096-8192+100000-163850, parts of the arena that are not managed
  bump:arena=64KiB           one region, given out from its end
  slab:block=64,count=1024   so many blocks of one size
  tiered:arena=64MiB,min=64  blocks of one size each for small requests, over a buddy; also classes=16+32+48, their sizes
  recorded                   no allocator: the blocks where the log says they were; needs a log with addresses
A size is a number of bytes, or 4KiB, 1MiB, 2GiB.)";

inline constexpr const char* kReplayFooter = R"(
The report: requests that failed, and the first of them; the peak of live bytes, as requested and as rounded up to
blocks; fragmentation at that peak and at the end (internal: 1 - requested / rounded, external: 1 - largest free / free,
also for a slab, where any free block serves what fits); the most that was reserved (arena - gaps - free); time.
A line of --placements is `event offset size`, of a free `event offset 0`, of an event that placed nothing
`event - reason`. With OUT - these lines are standard output and the report goes to standard error.
)";

inline constexpr const char* kSweepFooter = R"(
A row is a log under a configuration: with -o every figure of `alloctrace replay`, as a table for people the ones to compare
by. With --arena min the arena (of a slab the count) is the smallest that serves the log without a failed request: a power of
two, a multiple of block= where SPEC names one, of 16 B for a bump (of multiples one that serves while the next smaller one
does not); and beside it stands the next smaller one with the event that fails there. Rows stand in the order of the files and, for each, of the configurations; shares of --shard hold every
row once. A log that cannot be read is said on standard error, the others have their rows, and the exit code is 1.
)";

inline constexpr const char* kRecordFooter = R"(
CMD runs as it would alone: its input, output, exit code and signals are its own. Its allocator may be any that is linked
dynamically. A program that replaces itself (exec) goes on in the same trace after a reset. With --children every process
that CMD starts has a trace of its own, OUT with its number before the ending (app.4711.jsonl.zst); blocks that it has
from its parent are freed there as unknown ones.
Nothing is lost when CMD is killed. A full disk ends the recording, not CMD. While CMD runs, what was recorded stands in a
folder beside OUT, 32 bytes for most calls.
Exit code: that of CMD; 126 or 127 where it cannot be run, 1 where nothing could be recorded or written.)";

}  // namespace allocviz::cli
