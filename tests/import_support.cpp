#include "tests/import_support.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <utility>

namespace allocviz::import {

using trace::Event;
using trace::Facts;
using trace::Op;
using trace::Trace;

const Importer& importer_named(std::string_view format) {
  const auto all = importers();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Importer& i) { return i.format == format; });
  EXPECT_NE(found, all.end()) << format;
  return *found;
}

trace::Result<Trace> read_text(std::string_view format, std::string_view text, const ReadOptions& options) {
  const auto source = trace::source_of_text(text, "log");
  trace::LineReader lines(*source);
  return importer_named(format).read(lines, {}, options);
}

Trace trace_of(std::string_view format, std::string_view text) {
  trace::Result<Trace> trace = read_text(format, text);
  if (trace) return std::move(trace).value();
  ADD_FAILURE() << trace.trouble().text();
  return trace::TraceBuilder().finish();
}

std::string data_path(const std::string& name) {
  return ALLOCVIZ_SOURCE_DIR "/tests/data/import/" + name;
}
std::string shared_path(const std::string& name) {
  return ALLOCVIZ_SOURCE_DIR "/../shared/traces/" + name;
}

std::string text_of(const std::string& path) {
  auto source = trace::open_source(path);
  if (!source) {
    ADD_FAILURE() << source.trouble().text();
    return {};
  }
  std::string text;
  std::string part(std::size_t{1} << 16, '\0');
  while (true) {
    const auto got = (*source)->read(part);
    EXPECT_TRUE(got.ok());
    if (!got || *got == 0) return text;
    text.append(part, 0, *got);
  }
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

namespace {

// Counts a trace with a map of ids, knowing nothing of slots.
class Recount {
 public:
  std::string add(const Event& event, std::uint64_t index, const Trace& trace) {
    if (event.site > trace.sites().size()) return fmt::format("event {} has site {}", index + 1, event.site);
    if (event.size > ~std::uint64_t{0} >> 1) return fmt::format("event {} has size {}", index + 1, event.size);
    if (event.op == Op::Mark) return {};
    if (event.op == Op::Reset) return live_.clear(), "";
    facts_.allocs += event.op == Op::Alloc;
    facts_.reallocs += event.op == Op::Realloc;
    facts_.frees += event.op == Op::Free;
    facts_.failed_requests += event.has(trace::kFailedThere);
    if (event.has(trace::kFailedThere)) return {};
    if (event.op == Op::Free) return free(event, index);
    if (event.id == 0 || event.id > newest_ + 1) return fmt::format("event {} has id {}", index + 1, event.id);
    const bool live = live_.contains(event.id);
    newest_ = std::max(newest_, event.id);
    facts_.implicit_frees += event.op == Op::Alloc && live;
    facts_.unknown_reallocs += event.op == Op::Realloc && !live;
    live_[event.id] = event.size;
    facts_.largest_request = std::max(facts_.largest_request, event.size);
    facts_.peak_live_blocks = std::max<std::uint64_t>(facts_.peak_live_blocks, live_.size());
    return {};
  }

  [[nodiscard]] std::string difference_to(const Facts& facts) const {
    const auto differ = [](const char* what, std::uint64_t a, std::uint64_t b) {
      return a == b ? std::string() : fmt::format("{}: {} counted, {} said; ", what, a, b);
    };
    return differ("allocs", facts_.allocs, facts.allocs) + differ("frees", facts_.frees, facts.frees) +
           differ("reallocs", facts_.reallocs, facts.reallocs) + differ("null", facts_.null_frees, facts.null_frees) +
           differ("unknown", facts_.unknown_frees, facts.unknown_frees) +
           differ("implicit", facts_.implicit_frees, facts.implicit_frees) +
           differ("unknown reallocs", facts_.unknown_reallocs, facts.unknown_reallocs) +
           differ("failed", facts_.failed_requests, facts.failed_requests) +
           differ("largest", facts_.largest_request, facts.largest_request) +
           differ("peak blocks", facts_.peak_live_blocks, facts.peak_live_blocks) +
           differ("left", live_.size(), facts.live_blocks_at_end);
  }

 private:
  std::string free(const Event& event, std::uint64_t index) {
    if (event.has(trace::kNullFree)) {
      ++facts_.null_frees;
      return {};
    }
    if (live_.erase(event.id) == 1) return {};
    ++facts_.unknown_frees;
    if (event.id != newest_ + 1) return fmt::format("event {} frees id {}, which had a life", index + 1, event.id);
    ++newest_;
    return {};
  }

  Facts facts_;
  std::map<std::uint64_t, std::uint64_t> live_;
  std::uint64_t newest_ = 0;
};

}  // namespace

std::string fault_of_import(const Trace& trace) {
  Recount recount;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    std::string fault = recount.add(trace.event(i), i, trace);
    if (!fault.empty()) return fault;
  }
  return recount.difference_to(trace.facts());
}

void cut_everywhere(std::string_view format, std::string_view text) {
  std::uint64_t last = 0;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto trace = read_text(format, text.substr(0, length));
    if (!trace) {
      ASSERT_EQ(last, 0u) << length;
      continue;
    }
    ASSERT_EQ(fault_of_import(*trace), "") << length;
    ASSERT_GE(trace->size(), last) << length;
    const bool at_line_end = length == 0 || text[length - 1] == '\n';
    ASSERT_EQ(warns(*trace, "cut short"), !at_line_end) << length;
    last = trace->size();
  }
}

bool warns(const Trace& trace, std::string_view text) {
  return std::any_of(trace.warnings().begin(), trace.warnings().end(),
                     [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

}  // namespace allocviz::import
