// alloctrace sweep: many logs under many configurations, several at a time, a row each.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/analyze/least_arena.h"
#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/terminal.h"
#include "core/replay/timeline.h"

namespace allocviz::cli {
namespace {

using replay::Summary;
using trace::AllocatorSpec;
using trace::count_text;
using trace::Result;
using trace::Status;
using trace::Trace;
using trace::Trouble;

// A log under a configuration: the unit of work, of a row and of a share.
struct Task {
  std::size_t file = 0, spec = 0;  // indices
};

struct SweepRow {
  std::string file;
  std::optional<AllocatorSpec> spec;  // nothing: no arena serves
  std::string asked;                  // the configuration in the user's words
  Summary summary;
  std::optional<analyze::TooSmall> below;
};

// A log that several tasks share: read by the first of them, given back by the last.
class SharedLog {
 public:
  void expect_one_more() { ++left_; }
  Result<std::shared_ptr<const Trace>> take(const std::string& file, const import::ReadOptions& reading,
                                            const trace::Progress& progress) {
    const std::lock_guard held(lock_);
    if (!read_) {
      read_ = true;
      Result<Trace> opened = import::open_trace(file, progress, reading);
      if (opened) {
        trace_ = std::make_shared<const Trace>(std::move(opened).value());
        note_warnings(*trace_);
      } else {
        trouble_ = std::move(opened).trouble();
      }
    }
    if (trouble_) return *trouble_;
    std::shared_ptr<const Trace> taken = trace_;
    if (--left_ == 0) trace_.reset();
    return taken;
  }

 private:
  std::mutex lock_;
  std::shared_ptr<const Trace> trace_;
  std::optional<Trouble> trouble_;
  int left_ = 0;
  bool read_ = false;
};

Result<SweepRow> run_one(const std::shared_ptr<const Trace>& trace, const AllocatorSpec& spec, bool least,
                         const trace::Progress& progress) {
  SweepRow row;
  row.spec = spec;
  if (least) {
    Result<analyze::LeastArena> found = analyze::least_arena(*trace, spec, progress);
    if (!found) return std::move(found).trouble();
    row.spec = found->spec;
    row.below = found->below;
  }
  if (!row.spec) return row;
  auto timeline = replay::Timeline::build(trace, *row.spec, progress, replay::kSummaryAlone);
  if (!timeline) return std::move(timeline).trouble();
  row.summary = (*timeline)->summary();
  return row;
}

// Every column once: its name, and its value as it stands in a table of numbers.
struct SweepColumn {
  const char* name;
  std::function<std::string(const SweepRow&)> text;
};

std::vector<SweepColumn> columns(bool least) {
  using replay::external_fragmentation;
  using replay::internal_fragmentation;
  const auto number = [](auto of) {
    return [of](const SweepRow& row) { return row.spec ? fmt::format("{}", of(row)) : std::string(); };
  };
  std::vector<SweepColumn> all = {
      {"file", [](const SweepRow& row) { return row.file; }},
      {"allocator", [](const SweepRow& row) { return row.spec ? trace::to_text(*row.spec) : std::string(); }},
      {"events", number([](const SweepRow& row) { return row.summary.events; })},
      {"failed", number([](const SweepRow& row) { return row.summary.failed; })},
      {"first_failed",
       [](const SweepRow& row) {
         return row.spec && row.summary.first_failed != 0 ? fmt::format("{}", row.summary.first_failed) : "";
       }},
      {"peak_live_requested", number([](const SweepRow& row) { return row.summary.peak_live_requested; })},
      {"peak_live_rounded", number([](const SweepRow& row) { return row.summary.at_peak.live_rounded; })},
      {"peak_reserved", number([](const SweepRow& row) { return row.summary.peak_reserved; })},
      {"internal_fragmentation_at_peak",
       number([](const SweepRow& row) { return internal_fragmentation(row.summary.at_peak); })},
      {"external_fragmentation_at_peak",
       number([](const SweepRow& row) { return external_fragmentation(row.summary.at_peak); })},
      {"internal_fragmentation_at_end",
       number([](const SweepRow& row) { return internal_fragmentation(row.summary.at_end); })},
      {"external_fragmentation_at_end",
       number([](const SweepRow& row) { return external_fragmentation(row.summary.at_end); })},
      {"largest_free_at_end", number([](const SweepRow& row) { return row.summary.at_end.largest_free; })},
      {"ns_per_event", number([](const SweepRow& row) { return row.summary.ns_per_event; })},
  };
  if (!least) return all;
  all.push_back({"asked", [](const SweepRow& row) { return row.asked; }});
  all.push_back({"too_small", [](const SweepRow& row) { return row.below ? trace::to_text(row.below->spec) : ""; }});
  all.push_back(
      {"fails_at_event", [](const SweepRow& row) { return row.below ? fmt::format("{}", row.below->event) : ""; }});
  return all;
}

// RFC 4180: quoted where it has to be.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string as_csv(const std::vector<SweepRow>& rows, bool least) {
  const std::vector<SweepColumn> all = columns(least);
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) out += (i == 0 ? "" : ",") + std::string(all[i].name);
  out += '\n';
  for (const SweepRow& row : rows) {
    for (std::size_t i = 0; i < all.size(); ++i) out += (i == 0 ? "" : ",") + csv_cell(all[i].text(row));
    out += '\n';
  }
  return out;
}

void put_json(JsonWriter& json, const std::vector<SweepRow>& rows, bool least) {
  using replay::external_fragmentation;
  using replay::internal_fragmentation;
  json.begin_object().key("runs").begin_array();
  for (const SweepRow& row : rows) {
    const Summary& summary = row.summary;
    json.begin_object().member("file", row.file).key("allocator");
    row.spec ? json.value(trace::to_text(*row.spec)) : json.null();
    if (row.spec) {
      json.member("events", summary.events).member("failed", summary.failed).key("first_failed");
      summary.first_failed == 0 ? json.null() : json.value(summary.first_failed);
      json.member("peak_live_requested", summary.peak_live_requested);
      json.member("peak_live_rounded", summary.at_peak.live_rounded).member("peak_reserved", summary.peak_reserved);
      json.member("internal_fragmentation_at_peak", internal_fragmentation(summary.at_peak));
      json.member("external_fragmentation_at_peak", external_fragmentation(summary.at_peak));
      json.member("internal_fragmentation_at_end", internal_fragmentation(summary.at_end));
      json.member("external_fragmentation_at_end", external_fragmentation(summary.at_end));
      json.member("largest_free_at_end", summary.at_end.largest_free).member("ns_per_event", summary.ns_per_event);
    }
    if (least) {
      json.member("asked", row.asked).key("too_small");
      row.below ? json.value(trace::to_text(row.below->spec)) : json.null();
      json.key("fails_at_event");
      row.below ? json.value(row.below->event) : json.null();
    }
    json.end_object();
  }
  json.end_array().end_object().end();
}

std::string as_json(const std::vector<SweepRow>& rows, bool least) {
  char* text = nullptr;
  std::size_t length = 0;
  std::FILE* const out = open_memstream(&text, &length);
  if (out == nullptr) return {};
  {
    JsonWriter json(out);
    put_json(json, rows, least);
  }
  std::fclose(out);
  std::string all(text, length);
  std::free(text);
  return all;
}

// What a person compares configurations by; the rest stands in OUT.
std::string as_table(const std::vector<SweepRow>& rows, bool least) {
  struct Shown {
    const char* name;
    std::function<std::string(const SweepRow&)> text;
    bool words = false;
  };
  const auto or_dash = [](auto of) {
    return [of](const SweepRow& row) { return row.spec ? of(row) : std::string("-"); };
  };
  std::vector<Shown> all = {
      {"log", [](const SweepRow& row) { return row.file; }, true},
      {"allocator",
       [](const SweepRow& row) { return row.spec ? trace::to_text(*row.spec) : row.asked + ": no arena serves"; },
       true},
  };
  if (!least) {
    all.push_back({"failed", or_dash([](const SweepRow& row) { return count_text(row.summary.failed); })});
    all.push_back({"first at event", or_dash([](const SweepRow& row) {
                     return row.summary.first_failed == 0 ? "-" : count_text(row.summary.first_failed);
                   })});
  }
  all.push_back(
      {"peak live", or_dash([](const SweepRow& row) { return trace::size_text(row.summary.at_peak.live_rounded); })});
  all.push_back({"reserved", or_dash([](const SweepRow& row) { return trace::size_text(row.summary.peak_reserved); })});
  all.push_back({"internal fragm.", or_dash([](const SweepRow& row) {
                   return percent(replay::internal_fragmentation(row.summary.at_peak));
                 })});
  all.push_back({"external fragm.", or_dash([](const SweepRow& row) {
                   return percent(replay::external_fragmentation(row.summary.at_peak));
                 })});
  if (least) {
    all.push_back(
        {"too small", [](const SweepRow& row) { return row.below ? trace::to_text(row.below->spec) : "-"; }, true});
    all.push_back(
        {"fails at event", [](const SweepRow& row) { return row.below ? count_text(row.below->event) : "-"; }});
  }
  std::vector<std::size_t> widths;
  for (const Shown& column : all) {
    std::size_t width = std::string_view(column.name).size();
    for (const SweepRow& row : rows) width = std::max(width, column.text(row).size());
    widths.push_back(width);
  }
  std::string out;
  const auto put_line = [&](const auto& text_of) {
    std::string line;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string text = text_of(all[i]);
      line += (i == 0 ? "" : "  ") +
              (all[i].words ? fmt::format("{:<{}}", text, widths[i]) : fmt::format("{:>{}}", text, widths[i]));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  put_line([](const Shown& column) { return std::string(column.name); });
  for (const SweepRow& row : rows) put_line([&row](const Shown& column) { return column.text(row); });
  return out;
}

Status write_table(const std::string& path, std::string_view text) {
  auto file = trace::AtomicFile::create(path);
  if (!file) return std::move(file).trouble();
  if (Status status = (*file)->write(text); !status) return status;
  return (*file)->commit();
}

// The tasks of this share, each done by whoever is free; the results stand where their tasks do.
class Sweep {
 public:
  explicit Sweep(const SweepOptions& options) : options_(options), logs_(options.files.size()) {
    std::uint64_t number = 0;
    for (std::size_t file = 0; file < options.files.size(); ++file) {
      for (std::size_t spec = 0; spec < options.allocators.size(); ++spec, ++number) {
        if (number % options.shards != options.shard - 1) continue;
        tasks_.push_back({file, spec});
        logs_[file].expect_one_more();
      }
    }
    results_.resize(tasks_.size());
  }

  void run() {
    const ProgressBar bar("sweeping");
    const std::size_t at_once = std::min<std::size_t>(options_.jobs, tasks_.size());
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < at_once; ++i) others.emplace_back([this, &bar] { work(bar); });
    work(bar);
    for (std::thread& other : others) other.join();
  }

  // The rows that came out, in the order of the tasks; says what did not, and counts it.
  std::vector<SweepRow> rows(std::size_t& failed) {
    std::vector<SweepRow> rows;
    std::optional<std::size_t> said;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      Result<SweepRow>& result = *results_[i];
      if (result) {
        rows.push_back(std::move(result).value());
        continue;
      }
      ++failed;
      const bool unread = result.trouble().where.file == options_.files[tasks_[i].file];
      if (unread && said == tasks_[i].file) continue;  // the file's own fault: said once, not once a configuration
      said = tasks_[i].file;
      Trouble trouble = result.trouble();
      if (trouble.where.file.empty()) trouble.where.file = options_.files[tasks_[i].file];
      (void)fail(trouble);
    }
    return rows;
  }

 private:
  void work(const ProgressBar& bar) {
    trace::Progress quiet;
    quiet.cancelled = bar.progress().cancelled;
    for (std::size_t i = next_++; i < tasks_.size(); i = next_++) {
      results_[i] = do_task(tasks_[i], quiet);
      const std::lock_guard held(reporting_);
      ++done_;
      if (bar.progress().report) bar.progress().report(static_cast<double>(done_) / static_cast<double>(tasks_.size()));
    }
  }

  Result<SweepRow> do_task(const Task& task, const trace::Progress& progress) {
    const std::string& file = options_.files[task.file];
    auto trace = logs_[task.file].take(file, options_.reading, progress);
    if (!trace) return std::move(trace).trouble();
    Result<SweepRow> row = run_one(*trace, options_.allocators[task.spec], options_.least_arena, progress);
    if (row) {
      row->file = file;
      row->asked = options_.asked[task.spec];
    }
    return row;
  }

  const SweepOptions& options_;
  std::vector<SharedLog> logs_;
  std::vector<Task> tasks_;
  std::vector<std::optional<Result<SweepRow>>> results_;
  std::atomic<std::size_t> next_ = 0;
  std::size_t done_ = 0;
  std::mutex reporting_;
};

}  // namespace

int sweep(const SweepOptions& options) {
  Sweep sweep(options);
  sweep.run();
  std::size_t failed = 0;
  const std::vector<SweepRow> rows = sweep.rows(failed);
  const bool least = options.least_arena;
  if (options.out) {
    const bool json = options.out->ends_with(".json");
    const Status status = write_table(*options.out, json ? as_json(rows, least) : as_csv(rows, least));
    if (!status) return fail(status.trouble());
  }
  if (options.json) {
    JsonWriter json(stdout);
    put_json(json, rows, least);
  } else if (!options.out && !rows.empty()) {
    fmt::print("{}", as_table(rows, least));
  }
  const int ended = done();
  return failed != 0 ? int{kExitFailed} : ended;
}

}  // namespace allocviz::cli
