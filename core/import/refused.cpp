#include "core/import/refused.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "core/import/scan.h"

namespace allocviz::import {
namespace {

constexpr std::string_view kRecordEvents =
    "record every call instead, with `heaptrack --raw PROGRAM`, `alloctrace record -- PROGRAM` or glibc's mtrace()";
constexpr std::string_view kTableMarks = ",;\t|";
constexpr std::string_view kMtraceLog = "open the log itself, the file that MALLOC_TRACE named";
constexpr std::string_view kPerfScript = "record with `perf record -e 'kmem:*' -a` and print it with `perf script`";
constexpr std::string_view kNoEvent = "it has the fields of kmem tracepoints without their names";
constexpr std::string_view kWithEvent = "print it with `perf script -F +event`";
constexpr std::string_view kPackedTwice = "it is packed more than once";
constexpr std::string_view kUnpack = "unpack it once";

// A file is taken for a kind when it starts with `start` and holds `inside` somewhere in its head. `todo` is what to do
// instead, beside reading one of the formats there are.
struct Kind {
  std::string_view start;
  std::string_view inside;
  std::string_view what;
  std::string_view todo;
};

using namespace std::string_view_literals;

constexpr Kind kKinds[] = {
    {"(dp0", "device_traces", "it is a pickle of protocol 0, which is not read",
     "save it with protocol 2 or a later one"},
    {"}q", "device_traces", "it is a pickle of protocol 1, which is not read",
     "save it with protocol 2 or a later one"},
    {"desc:", "time_unit:", "it is massif's output: snapshots of totals, without the single calls", kRecordEvents},
    {"heap_v2/", "", "it is a jemalloc heap profile: sampled totals a call stack, without the single calls",
     kRecordEvents},
    {"heap profile:", "", "it is a gperftools heap profile: totals a call stack, without the single calls",
     kRecordEvents},
    {"--- symbol", "", "it is a profile of pprof or gperftools: totals a call stack, without the single calls",
     kRecordEvents},
    {"", "___ Begin jemalloc statistics ___", "it is what malloc_stats_print() of jemalloc says: one moment, no calls",
     kRecordEvents},
    {"{\"jemalloc\":", "", "it is what malloc_stats_print() of jemalloc says: one moment, no calls", kRecordEvents},
    {"", "Bytes in use by application", "it is what MallocExtension of tcmalloc says: one moment, no calls",
     kRecordEvents},
    {"slabinfo - version", "", "it is /proc/slabinfo: one moment, no calls", kPerfScript},
    {"Node ", ", zone ", "it is /proc/buddyinfo: how many free blocks there are of each order at one moment",
     kPerfScript},
    {"", "Page allocated via order ", "it is what page_owner says: who holds which pages at one moment", kPerfScript},
    {"{\"dhatFileVersion\"", "", "it is DHAT's output: totals a call stack, without the single calls", kRecordEvents},
    {"{", "\"traceEvents\"", "it is a Chrome or Perfetto trace: spans of time, no allocations", kRecordEvents},
    {"{", "\"DefaultPools\"", "it is a Vulkan Memory Allocator state dump: one moment, no calls", ""},
    {"", "heapprofd", "it is a heapprofd profile (Perfetto): sampled totals a call stack, without the single calls",
     kRecordEvents},
    {"", "inuse_space", "it is a pprof profile: sampled totals a call stack, without the single calls", kRecordEvents},
    {"memray", "", "it is memray's binary file, which is not read", kRecordEvents},
    {"# callgrind format", "", "it is callgrind's output: costs of functions, no allocations", kRecordEvents},
    {"% time", "usecs/call", "it is a summary of calls (ltrace -c, strace -c): how many there were, not which",
     "leave -c away"},
    {"", "Memory not freed:", "it is what the script `mtrace` reports of a log", kMtraceLog},
    {"", " was never alloc'd ", "it is what the script `mtrace` reports of a log", kMtraceLog},
    {"", "MOST CALLS TO ALLOCATION FUNCTIONS", "it is what heaptrack_print says of a log",
     "open the log itself, heaptrack.PROGRAM.PID.zst or .gz"},
    {"", "Massif arguments:",
     "it is what ms_print says of massif's output: snapshots of totals, without the single calls", kRecordEvents},
    {"", "stacks with outstanding allocations", "it is a report of memleak (BCC): what was not freed at some moments",
     kRecordEvents},
    {"Arena 0:", "system bytes", "it is what glibc's malloc_stats() says: one moment, no calls", kRecordEvents},
    {"", "Memory usage summary:", "it is a summary of memusage: how many calls there were, not which", kRecordEvents},
    {"", ": Dmalloc version", "it is a log of dmalloc, which is not read", kRecordEvents},
    {"<malloc version=", "", "it is what glibc's malloc_info() says: one moment, no calls", kRecordEvents},
    {"", "ERROR: LeakSanitizer", "it is a sanitizer's report: what leaked, without the single calls", kRecordEvents},
    {"", "ERROR: AddressSanitizer", "it is a sanitizer's report: one fault, no allocations", kRecordEvents},
    {"JAVA PROFILE", "", "it is a dump of a Java heap: one moment, no calls", ""},
    {"{\"snapshot\"", "\"node_fields\"", "it is a heap snapshot of V8: one moment, no calls", ""},
    {"", "kmem_kmalloc: {", "it is LTTng's text of the kernel's allocations, which is not read", kPerfScript},
    {"", "kmem:kmalloc(", "it is perf trace's text, which is not read", kPerfScript},
    {"", "kmem:kmem_cache_alloc(", "it is perf trace's text, which is not read", kPerfScript},
    {"<?xml", "<valgrindoutput", "it is valgrind's output as XML, which has no single calls",
     "run it with --trace-malloc=yes and without --xml=yes"},
    {"<?xml", "<trace-query-result", "it is an export of Instruments, which is not read", kRecordEvents},
    {"", "MemoryViz.js", "it is the page that PyTorch's _memory_viz draws of a snapshot",
     "save the snapshot itself, with torch.cuda.memory._dump_snapshot()"},
    {"\x28\xb5\x2f\xfd", "", kPackedTwice, kUnpack},
    {"\x1f\x8b", "", kPackedTwice, kUnpack},
    {"\xfd\x37zXZ", "", kPackedTwice, kUnpack},
    {"PK\x03\x04", "", kPackedTwice, kUnpack},
    {"", " migratetype=", kNoEvent, kWithEvent},
    {"", " bytes_alloc=", kNoEvent, kWithEvent},
    {"PERFILE2", "", "it is perf's binary file: `perf script` prints it as text", ""},
    {"\x7f"
     "ELF"sv,
     "", "it is a program or a library, not the log of one", kRecordEvents},
    {"MZ", "", "it is a Windows program, not the log of one", ""},
    {"#!", "", "it is a script, not the log of one", kRecordEvents},
    {"\x89PNG", "", "it is a picture", ""},
    {"%PDF", "", "it is a PDF document", ""},
    {"", "<!DOCTYPE html", "it is a web page", ""},
    {"<", "<html", "it is a web page", ""},
    {"", "+++ exited (status ", "it is an ltrace log without a call of malloc, new or free",
     "run ltrace without -e, or with -e malloc+calloc+realloc+free"},
    {"", "Private_Dirty:", "it is /proc/PID/smaps: one moment, no calls", kRecordEvents},
    {"", "brk(NULL)", "it is an strace log: system calls, without the calls of malloc", kRecordEvents},
    {"", "MAP_PRIVATE|MAP_ANONYMOUS", "it is an strace log: system calls, without the calls of malloc", kRecordEvents},
    {"", "execve(\"", "it is an strace log: system calls, without the calls of malloc", kRecordEvents},
    {"", " total heap usage: ", "it is a valgrind log without its --trace-malloc=yes lines", kRecordEvents},
};

bool matches(const Kind& kind, std::string_view head) {
  return head.starts_with(kind.start) && head.find(kind.inside) != std::string_view::npos;
}

// Bytes that stand in no text.
bool is_binary(std::string_view head) {
  return std::any_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f' && byte != 0x1b;
  });
}

// A brace or bracket and what JSON puts behind it; a line of a log may begin with "[".
bool looks_like_json(std::string_view head) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = head.find_first_not_of(kBlanks);
  if (first == std::string_view::npos || (head[first] != '{' && head[first] != '[')) return false;
  const std::size_t second = head.find_first_not_of(kBlanks, first + 1);
  return second != std::string_view::npos && std::string_view("\"[{]}").find(head[second]) != std::string_view::npos;
}

// Two lines with as many delimiters, at least two.
bool looks_like_table(std::string_view head) {
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  const std::size_t end = head.find('\n');
  if (end == std::string_view::npos) return false;
  const std::string_view first = head.substr(0, end), behind = head.substr(end + 1);
  const std::string_view second = behind.substr(0, behind.find('\n'));
  return std::any_of(kTableMarks.begin(), kTableMarks.end(), [&](char delimiter) {
    const auto count = std::count(first.begin(), first.end(), delimiter);
    return count >= 2 && std::count(second.begin(), second.end(), delimiter) == count;
  });
}

std::string first_line(std::string_view head) {
  constexpr std::size_t kShown = 40;
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  std::string_view line = head.substr(0, head.find('\n'));
  const bool whole = line.size() <= kShown;
  line = line.substr(0, kShown);
  while (!whole && !line.empty() && (static_cast<unsigned char>(line.back()) & 0x80) != 0) line.remove_suffix(1);
  return clean_text(line) + (whole ? "" : "…");
}

}  // namespace

Refusal refusal_of(std::string_view head) {
  for (const Kind& kind : kKinds) {
    if (matches(kind, head)) return {std::string(kind.what), std::string(kind.todo)};
  }
  if (head.empty()) return {"the file is empty", ""};
  if (is_binary(head)) return {"it is binary and of no kind that is known here", ""};
  if (looks_like_json(head)) return {"it is JSON of no kind that is known here", ""};
  if (head.find('\n') == std::string_view::npos && head.find('\r') != std::string_view::npos) {
    return {"its lines end with a carriage return alone, as those of old Macs did", "run it through `tr '\\r' '\\n'`"};
  }
  if (looks_like_table(head)) {
    return {fmt::format(
                "it is a table, but its first row, \"{}\", does not say where an operation, a block and its size stand",
                first_line(head)),
            "give it a header such as op,address,size,time_us or op,id,size"};
  }
  return {fmt::format("it is text of no kind that is known here, beginning with \"{}\"", first_line(head)), ""};
}

bool is_foreign_json(std::string_view head) {
  const auto has = [&](std::string_view key) { return head.find(key) != std::string_view::npos; };
  if (has("\"allocviz-trace\"")) return false;
  // Without one of these nobody meant it for a trace of ours.
  if (!has("\"format\"") && !has("\"events\"") && !has("\"op\"") && !has("\"columns\"")) return true;
  return std::any_of(std::begin(kKinds), std::end(kKinds),
                     [&](const Kind& kind) { return kind.start.starts_with('{') && matches(kind, head); });
}

}  // namespace allocviz::import
