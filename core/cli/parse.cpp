// The command line: which subcommand with which options. The only file that knows CLI11.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/cli/commands.h"
#include "core/cli/help.h"
#include "core/cli/terminal.h"

namespace allocviz::cli {
namespace {

constexpr const char* kFile = "the log: any format that is read, compressed or not; - is standard input";
constexpr const char* kAllocator =
    "the allocator to replay on; without it the one that the log names, or one that fits";
constexpr const char* kAt = "N: after event N (0: before the first); N.K: after step K of event N (N.0: before it)";

// What the options are before they mean anything.
struct Words {
  std::vector<std::string> allocators;
  std::string at, limit, by, folded, arena, shard;
  std::optional<std::uint64_t> process;
};

// Thrown at a word that is no SPEC, SIZE or N.K; CLI11 throws its own, and both end in run().
struct WrongUsage {
  std::string what;
};

template <class Value>
Value must(trace::Result<Value> result, const char* option) {
  if (!result) throw WrongUsage{fmt::format("{}: {}", option, result.trouble().text())};
  return std::move(result).value();
}

trace::AllocatorSpec parse_allocator(const std::string& text) {
  trace::AllocatorSpec spec = must(trace::parse_spec(text), "--allocator");
  if (const auto fault = trace::fault_of(spec))
    throw WrongUsage{fmt::format("--allocator {}: {}", text, fault->text())};
  return spec;
}

using ReadOptions = decltype(InfoOptions::reading);

// A user who names a size means it: how much a file expands does not matter then.
ReadOptions parse_reading(const Words& words) {
  ReadOptions reading;
  reading.process = words.process;
  if (words.limit.empty()) return reading;
  reading.limits.max_decompressed_bytes = must(trace::parse_typed_size(words.limit), "--limit");
  reading.limits.max_expansion = std::numeric_limits<std::uint64_t>::max();
  return reading;
}

std::optional<Folded> parse_folded(const std::string& word) {
  if (word.empty()) return std::nullopt;
  if (word == "live") return Folded::Live;
  if (word == "blocks") return Folded::Blocks;
  if (word == "allocated") return Folded::Allocated;
  if (word == "allocations") return Folded::Allocations;
  throw WrongUsage{fmt::format("--folded {}: write live, blocks, allocated or allocations", word)};
}

class CommandLine {
 public:
  CommandLine()
      : app_("The command line of allocviz: real allocation logs, replayed on real allocators.", "alloctrace") {
    app_.set_version_flag("--version", "alloctrace " ALLOCVIZ_VERSION);
    app_.require_subcommand(1);
    app_.footer(kFooter);
    add_info();
    add_convert();
    add_check();
    add_replay();
    add_sweep();
    add_moment("state", "the allocator at one moment: every block, free list, mark and figure", state);
    add_moment("steps", "what one event did: its sentence and its steps", steps);
    add_render();
    add_record();
    add_why();
    add_groups("groups", "live bytes, blocks, allocations, failures and lifetimes by call site, size, thread or tag");
    add_groups("diff", "what was born, died, stayed and grew between two moments, by the same");
  }

  int run(int argc, const char* const* argv) {
    try {
      const int ours = words_of_ours(argc, argv);
      for (int i = ours; i < argc; ++i) record_.command.emplace_back(argv[i]);
      if (!record_.command.empty() && record_.command.front() == "--") record_.command.erase(record_.command.begin());
      app_.parse(ours, argv);
      return chosen_();
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app_.exit(error);
      return fail_usage(fmt::format("{}; see {} --help", what_is_wrong(error, argc, argv), called()));
    } catch (const WrongUsage& wrong) {
      return fail_usage(wrong.what);
    }
  }

 private:
  // How many of the words are for us: those after record's own options are the program's, options and all.
  static int words_of_ours(int argc, const char* const* argv) {
    if (argc < 2 || std::string_view(argv[1]) != "record") return argc;
    for (int i = 2; i < argc; ++i) {
      const std::string_view word = argv[i];
      if (word == "--" || word.empty() || word[0] != '-') return i;
      if (word == "-o" || word == "--out" || word == "--depth" || word == "--from") ++i;
    }
    return argc;
  }

  // CLI11 says of an unknown subcommand only that one is required, and of a mistyped option that the right one is.
  [[nodiscard]] std::string what_is_wrong(const CLI::ParseError& error, int argc, const char* const* argv) const {
    const bool unknown = app_.get_subcommands().empty() && argc > 1 && argv[1][0] != '-';
    if (unknown) return fmt::format("there is no subcommand {}", argv[1]);
    if (error.get_name() == "RequiredError") {
      for (const std::string& word : app_.remaining(true)) {
        if (word.size() > 1 && word[0] == '-') return fmt::format("there is no option {}", word);
      }
    }
    constexpr std::string_view kNotConverted = "Could not convert: ";  // NAME = VALUE
    const std::string_view what = error.what();
    const auto equals = what.find(" = ");
    if (!what.starts_with(kNotConverted) || equals == std::string_view::npos) return error.what();
    return fmt::format("{} does not take {}", what.substr(kNotConverted.size(), equals - kNotConverted.size()),
                       what.substr(equals + 3));
  }

  [[nodiscard]] std::string called() const {
    const auto subcommands = app_.get_subcommands();
    return subcommands.empty() ? "alloctrace" : "alloctrace " + subcommands.front()->get_name();
  }

  CLI::App* add(const std::string& name, const std::string& does, bool& json) {
    CLI::App* command = app_.add_subcommand(name, does);
    command->add_flag("--json", json, "machine-readable output on standard output and nothing else there");
    command->add_option("--limit", words_.limit, "read up to SIZE of decompressed text from a file (64GiB)")
        ->type_name("SIZE");
    add_process(command);
    command->footer(" ");
    return command;
  }
  void add_process(CLI::App* command) {
    command
        ->add_option("--process", words_.process,
                     "of a log of several processes (or GPUs) this one; without it the one with the most events")
        ->type_name("N");
  }

  void add_info() {
    CLI::App* command = add("info", "what a log holds, without replaying it", info_.json);
    command->add_option("FILE", info_.file, kFile)->required()->type_name("");
    command->callback([this] {
      chosen_ = [this] {
        info_.reading = parse_reading(words_);
        return info(info_);
      };
    });
  }

  void add_convert() {
    CLI::App* command = add("convert", "any readable log to a trace of allocviz' own format", convert_.json);
    command->add_option("IN", convert_.in, kFile)->required()->type_name("");
    command
        ->add_option("OUT", convert_.out, "its ending decides: .json or .jsonl, with .zst or .gz; - is standard output")
        ->required();
    command->callback([this] {
      chosen_ = [this] {
        convert_.reading = parse_reading(words_);
        check_output();
        return convert(convert_);
      };
    });
  }

  void add_check() {
    CLI::App* command = add("check", "valid or not: every fault of every file, with its place", check_.json);
    command->add_option("FILE", check_.files, kFile)->required()->type_name("");
    command->callback([this] {
      chosen_ = [this] {
        check_.reading = parse_reading(words_);
        return check(check_);
      };
    });
  }

  void add_replay() {
    CLI::App* command = add("replay", "runs the log through real allocators and reports what came of it", replay_.json);
    command->add_option("FILE", replay_.file, kFile)->required()->type_name("");
    command->add_option("--allocator", words_.allocators, std::string(kAllocator) + "; several run in turn")
        ->type_name("SPEC")
        ->expected(1)
        ->take_all();
    command->footer(std::string(kReplayFooter) + (kSpecFooter + 1));
    command
        ->add_option("--placements", replay_.placements, "a line an event to OUT: `event offset size` or `event - why`")
        ->type_name("OUT");
    command->callback([this] {
      chosen_ = [this] {
        replay_.reading = parse_reading(words_);
        for (const std::string& text : words_.allocators) replay_.allocators.push_back(parse_allocator(text));
        if (replay_.placements && replay_.allocators.size() > 1) throw WrongUsage{"--placements takes one --allocator"};
        return replay(replay_);
      };
    });
  }

  void add_sweep() {
    CLI::App* command =
        add("sweep", "logs under many configurations, a row each; or the smallest arena that serves", sweep_.json);
    command->footer(std::string(kSweepFooter) + (kSpecFooter + 1));
    command->add_option("FILE", sweep_.files, "the logs: any format that is read, compressed or not")
        ->required()
        ->type_name("");
    command->add_option("--allocator", words_.allocators, "a configuration; every log is replayed on each")
        ->type_name("SPEC")
        ->expected(1)
        ->take_all()
        ->required();
    command->add_option("--arena", words_.arena, "min: the smallest arena that serves the log (SPEC need not name one)")
        ->type_name("min");
    command->add_option("--jobs", sweep_.jobs, "so many rows at a time (as many as there are processors)")
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
    command->add_option("--shard", words_.shard, "of N shares of the rows only the I-th, from 1: a machine a share")
        ->type_name("I/N");
    command->add_option("-o,--out", sweep_.out, "OUT.csv or OUT.json, with every figure; - is CSV on standard output")
        ->type_name("OUT");
    command->callback([this] {
      chosen_ = [this] {
        sweep_.reading = parse_reading(words_);
        read_sweep();
        return sweep(sweep_);
      };
    });
  }

  void read_sweep() {
    if (!words_.arena.empty() && words_.arena != "min")
      throw WrongUsage{fmt::format("--arena {}: write min, or the arena in SPEC", words_.arena)};
    sweep_.least_arena = !words_.arena.empty();
    sweep_.asked = words_.allocators;
    for (std::string text : words_.allocators) {
      if (sweep_.least_arena) text = with_some_arena(std::move(text));
      sweep_.allocators.push_back(parse_allocator(text));
    }
    if (sweep_.jobs == 0) sweep_.jobs = std::max(1u, std::thread::hardware_concurrency());
    if (!words_.shard.empty()) read_shard();
    if (!sweep_.out) return;
    const bool is_table = *sweep_.out == "-" || sweep_.out->ends_with(".csv") || sweep_.out->ends_with(".json");
    if (!is_table) throw WrongUsage{fmt::format("-o {}: OUT ends in .csv or .json", *sweep_.out)};
    if (*sweep_.out == "-" && sweep_.json) throw WrongUsage{"--json and OUT - both want standard output"};
  }

  // Where the arena is what is looked for, SPEC need not name one.
  static std::string with_some_arena(std::string text) {
    const bool slab = text.starts_with("slab");
    if (text == "recorded" || text.find(slab ? "count=" : "arena=") != std::string::npos) return text;
    text += text.find(':') == std::string::npos ? ":" : ",";
    return text + (slab ? "count=1" : "arena=32768GiB");
  }

  void read_shard() {
    const std::size_t slash = words_.shard.find('/');
    const auto number = [](std::string_view digits, std::uint64_t& value) {
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      return error == std::errc{} && end == digits.data() + digits.size();
    };
    const std::string_view text = words_.shard;
    const bool valid = slash != std::string::npos && number(text.substr(0, slash), sweep_.shard) &&
                       number(text.substr(slash + 1), sweep_.shards) && sweep_.shard >= 1 &&
                       sweep_.shard <= sweep_.shards;
    if (!valid) throw WrongUsage{fmt::format("--shard {}: write I/N, I from 1 to N, as in 1/4", words_.shard)};
  }

  void add_moment(const std::string& name, const std::string& does, int (*what)(const MomentOptions&)) {
    CLI::App* command = add(name, does, moment_.json);
    command->add_option("FILE", moment_.file, kFile)->required()->type_name("");
    command->footer(kSpecFooter);
    command->add_option("--at", words_.at, kAt)->required()->type_name("N[.K]");
    command->add_option("--allocator", words_.allocators, kAllocator)->type_name("SPEC")->expected(1);
    command->callback([this, name, what] {
      chosen_ = [this, name, what] {
        moment_.reading = parse_reading(words_);
        moment_.at = must(parse_at(words_.at), "--at");
        if (name == "steps" && (moment_.at.event == 0 || moment_.at.step)) {
          throw WrongUsage{fmt::format("--at {}: steps takes the number of an event, from 1", words_.at)};
        }
        if (!words_.allocators.empty()) moment_.allocator = parse_allocator(words_.allocators.front());
        return what(moment_);
      };
    });
  }

  void add_render() {
    CLI::App* command = app_.add_subcommand("render", "the stage at one moment as a picture, for slides");
    command->footer(kSpecFooter);
    command->add_option("FILE", render_.file, "the log: a file in any format that is read, compressed or not")
        ->required()
        ->type_name("");
    command->add_option("--at", words_.at, kAt)->required()->type_name("N[.K]");
    command->add_option("-o,--out", render_.out, "OUT.svg, whose words and shapes can be edited, or OUT.png")
        ->required()
        ->type_name("OUT");
    command->add_option("--allocator", words_.allocators, std::string(kAllocator) + "; several stand beside each other")
        ->type_name("SPEC")
        ->expected(1)
        ->take_all();
    add_process(command);
    command->add_option("--theme", render_.theme, "light or dark (light)")->check(CLI::IsMember({"light", "dark"}));
    command->add_option("--size", render_.size, "of the picture in pixels (1280x720)")->type_name("WxH");
    command->add_option("--scale", render_.scale, "0.5 to 4: 2 = everything twice as large")
        ->check(CLI::Range(0.5, 4.0));
    command->callback([this] {
      chosen_ = [this] {
        (void)must(parse_at(words_.at), "--at");
        render_.at = words_.at;
        render_.process = words_.process;
        for (const std::string& text : words_.allocators) (void)parse_allocator(text);
        render_.allocators = words_.allocators;
        if (!render_.out.ends_with(".svg") && !render_.out.ends_with(".png"))
          throw WrongUsage{fmt::format("-o {}: OUT ends in .svg or .png", render_.out)};
        return render(render_);
      };
    });
  }

  void add_record() {
    CLI::App* command =
        app_.add_subcommand("record", "runs a program and records its allocations, threads and call sites");
    command->footer(kRecordFooter);
    command->add_option("-o,--out", record_.out, "OUT.jsonl, OUT.jsonl.zst or OUT.jsonl.gz (CMD.PID.jsonl.zst)")
        ->type_name("OUT");
    command->add_option("--depth", record_.depth, "calls of a call stack that are kept, 0 to 48 (8)")
        ->type_name("N")
        ->check(CLI::Range(0, 48));
    command->add_flag("--children", record_.children,
                      "record the processes that CMD starts, too, each into OUT.PID.jsonl");
    command->add_flag("-q,--quiet", record_.quiet, "say nothing where all went well");
    command->add_option("--from", record_.from, "write the recording that was kept in FOLDER, and run nothing")
        ->type_name("FOLDER");
    command->callback([this] {
      chosen_ = [this] {
        if (record_.command.empty() == record_.from.empty())
          throw WrongUsage{"record takes a CMD to run; see alloctrace record --help"};
        const std::string name = without_packing(record_.out);
        if (!record_.out.empty() && !name.ends_with(".jsonl")) {
          throw WrongUsage{
              fmt::format("-o {}: OUT ends in .jsonl, with .zst or .gz behind it if you like", record_.out)};
        }
        return record(record_);
      };
    });
  }

  void add_why() {
    CLI::App* command = add("why", "why a request failed, and which blocks' release would have made room", why_.json);
    command->add_option("FILE", why_.file, kFile)->required()->type_name("");
    command->footer(kSpecFooter);
    command->add_option("--at", why_.at, "the event that failed, from 1; without it the first one")->type_name("N");
    command->add_option("--allocator", words_.allocators, kAllocator)->type_name("SPEC")->expected(1);
    command->callback([this] {
      chosen_ = [this] {
        why_.reading = parse_reading(words_);
        if (why_.at == std::uint64_t{0}) throw WrongUsage{"--at 0: why takes the number of an event, from 1"};
        if (!words_.allocators.empty()) why_.allocator = parse_allocator(words_.allocators.front());
        return why(why_);
      };
    });
  }

  void add_groups(const std::string& name, const std::string& does) {
    CLI::App* command = add(name, does, groups_.json);
    command->add_option("FILE", groups_.file, kFile)->required()->type_name("");
    command->footer(kSpecFooter);
    command->add_option("--by", words_.by, "site, size, thread or tag (site)")->type_name("WHAT");
    command->add_option("--frames", groups_.frames, "of a stack so many frames tell sites apart, 0: all of them (1)")
        ->type_name("N");
    command->add_option("--from", groups_.from, "begin after event A (0)")->type_name("A");
    command->add_option("--to", groups_.to, "end after event B (the last)")->type_name("B");
    CLI::Option* const to = command->get_option("--to");
    if (name == "groups") {
      command->add_option("--at", groups_.to, "the same as --to, without --from: after event N")
          ->type_name("N")
          ->excludes(to)
          ->excludes(command->get_option("--from"));
      command
          ->add_option("--folded", words_.folded,
                       "whole stacks for a flame graph, weighed by live bytes, blocks, allocated bytes or allocations")
          ->type_name("live|blocks|allocated|allocations")
          ->excludes(command->get_option("--json"))
          ->excludes(command->get_option("--by"))
          ->excludes(command->get_option("--frames"));
    }
    command->add_option("--top", groups_.top, "print so many rows, 0: all (40; as JSON all)")->type_name("N");
    command->add_option("--allocator", words_.allocators, kAllocator)->type_name("SPEC")->expected(1);
    command->callback([this, name] {
      chosen_ = [this, name] {
        groups_.reading = parse_reading(words_);
        groups_.is_diff = name == "diff";
        const auto by = analyze::group_by_of(words_.by.empty() ? "site" : words_.by);
        if (!by) throw WrongUsage{fmt::format("--by {}: write site, size, thread or tag", words_.by)};
        groups_.by = *by;
        groups_.folded = parse_folded(words_.folded);
        if (groups_.folded) groups_.frames = analyze::kWholeStack;
        if (!words_.allocators.empty()) groups_.allocator = parse_allocator(words_.allocators.front());
        return groups(groups_);
      };
    });
  }

  static std::string without_packing(std::string name) {
    for (const char* packed : {".zst", ".gz"}) {
      if (name.ends_with(packed)) name.resize(name.size() - std::string_view(packed).size());
    }
    return name;
  }

  void check_output() const {
    if (convert_.out == "-") {
      if (convert_.json) throw WrongUsage{"--json and OUT - both want standard output"};
      return;
    }
    const std::string name = without_packing(convert_.out);
    if (name.ends_with(".json") || name.ends_with(".jsonl")) return;
    throw WrongUsage{
        fmt::format("{}: OUT ends in .json or .jsonl, with .zst or .gz behind it if you like", convert_.out)};
  }

  CLI::App app_;
  Words words_;
  InfoOptions info_;
  ConvertOptions convert_;
  CheckOptions check_;
  ReplayOptions replay_;
  SweepOptions sweep_;
  RenderOptions render_;
  MomentOptions moment_;
  RecordOptions record_;
  WhyOptions why_;
  GroupsOptions groups_;
  std::function<int()> chosen_;
};

}  // namespace

trace::Result<At> parse_at(const std::string& text) {
  const auto number = [](std::string_view digits, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  const std::size_t dot = text.find('.');
  At at;
  std::uint64_t step = 0;
  const std::string_view view = text;
  const bool valid =
      number(view.substr(0, dot), at.event) && (dot == std::string::npos || number(view.substr(dot + 1), step));
  if (!valid) return trace::Trouble{fmt::format("\"{}\" is no moment", text), {}, "write N or N.K, as in 7 or 7.3"};
  if (dot != std::string::npos) at.step = step;
  return at;
}

int run(int argc, const char* const* argv) {
  return CommandLine().run(argc, argv);
}

}  // namespace allocviz::cli
