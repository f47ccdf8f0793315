// alloctrace's subcommands: what each needs to know, and the function that does it, a file each. parse.cpp fills these
// from the command line and is the only file that knows CLI11.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/analyze/grouping.h"
#include "core/import/importer.h"
#include "core/trace/spec.h"

namespace allocviz::cli {

enum Exit : int {
  kExitDone = 0,
  kExitFailed = 1,  // the input or the run; one line on standard error says what, where and what to do
  kExitUsage = 2,
};

// After event N's last step, or after step K of event N. Event 0 is before the first.
struct At {
  std::uint64_t event = 0;
  std::optional<std::uint64_t> step;
};

// Says what is wrong with "N" or "N.K" as an argument.
[[nodiscard]] trace::Result<At> parse_at(const std::string& text);

struct InfoOptions {
  std::string file;
  import::ReadOptions reading;
  bool json = false;
};

struct ConvertOptions {
  std::string in, out;
  import::ReadOptions reading;
  bool json = false;
};

struct CheckOptions {
  std::vector<std::string> files;
  import::ReadOptions reading;
  bool json = false;
};

struct ReplayOptions {
  std::string file;
  std::vector<trace::AllocatorSpec> allocators;  // empty: what the log names, else the default for its peak
  std::optional<std::string> placements;         // a file, or "-"
  import::ReadOptions reading;
  bool json = false;
};

// Every file under every allocator, a row each.
struct SweepOptions {
  std::vector<std::string> files;
  std::vector<trace::AllocatorSpec> allocators;
  std::vector<std::string> asked;       // the same in the user's words, which need name no arena
  bool least_arena = false;             // instead of the arena that they name the smallest that serves
  unsigned jobs = 0;                    // at a time; 0 as a wish: as many as there are processors
  std::uint64_t shard = 1, shards = 1;  // of so many shares of the rows this one
  std::optional<std::string> out;       // .csv or .json
  import::ReadOptions reading;
  bool json = false;
};

// The stage as a picture: what allocviz is asked for.
struct RenderOptions {
  std::string file, at, out;            // out: .svg or .png
  std::vector<std::string> allocators;  // SPECs; several stand beside each other
  std::string theme = "light", size = "1280x720", scale;
  std::optional<std::uint64_t> process;
};

// state and steps: one moment of one replay.
struct MomentOptions {
  std::string file;
  At at;
  std::optional<trace::AllocatorSpec> allocator;
  import::ReadOptions reading;
  bool json = false;
};

struct RecordOptions {
  std::vector<std::string> command;  // the program and its arguments
  std::string out;                   // empty: PROGRAM.PID.jsonl.zst
  std::string from;                  // a folder of spools that was kept: write it, run nothing
  unsigned depth = 8;                // calls of a stack
  bool children = false;
  bool quiet = false;
};

// Of one failed request; without a number the first.
struct WhyOptions {
  std::string file;
  std::optional<std::uint64_t> at;  // its event, from 1
  std::optional<trace::AllocatorSpec> allocator;
  import::ReadOptions reading;
  bool json = false;
};

// Sums by group at one moment or of a range; of diff what changed from one moment to another.
// What each stack of a flame graph weighs.
enum class Folded : std::uint8_t { Live, Blocks, Allocated, Allocations };

struct GroupsOptions {
  std::string file;
  analyze::GroupBy by = analyze::GroupBy::Site;
  std::size_t frames = 1;           // of a stack that tell sites apart; 0 = all
  std::uint64_t from = 0;           // after so many events
  std::optional<std::uint64_t> to;  // likewise; absent = the end
  std::optional<std::size_t> top;   // rows that are printed, 0 = all
  std::optional<Folded> folded;     // whole stacks as flame graphs are made of
  std::optional<trace::AllocatorSpec> allocator;
  import::ReadOptions reading;
  bool is_diff = false, json = false;
};

[[nodiscard]] int info(const InfoOptions& options);
[[nodiscard]] int convert(const ConvertOptions& options);
[[nodiscard]] int check(const CheckOptions& options);
[[nodiscard]] int replay(const ReplayOptions& options);
[[nodiscard]] int sweep(const SweepOptions& options);
[[nodiscard]] int render(const RenderOptions& options);
[[nodiscard]] int state(const MomentOptions& options);
[[nodiscard]] int record(const RecordOptions& options);
[[nodiscard]] int steps(const MomentOptions& options);
[[nodiscard]] int groups(const GroupsOptions& options);
[[nodiscard]] int why(const WhyOptions& options);

// Parses the command line and runs what it asks for. Returns the exit code.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace allocviz::cli
