// alloctrace info: what a log says, read from the log alone.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/terminal.h"
#include "core/trace/trace.h"

namespace allocviz::cli {
namespace {

using trace::count_text;
using trace::Facts;
using trace::Trace;

// As the log has it: a free that was added to it is none of its events, but a block that ended without one.
Facts facts_of_log(const Trace& trace) {
  Facts facts = trace.facts();
  const std::uint64_t added = std::min(trace.header().added_frees(), facts.frees);
  facts.frees -= added;
  facts.implicit_frees += added;
  return facts;
}

void print_json(const InfoOptions& options, const Trace& trace) {
  const Facts facts = facts_of_log(trace);
  JsonWriter json(stdout);
  json.begin_object().member("file", options.file).member("format", trace.header().format);
  if (!trace.header().name.empty()) json.member("name", trace.header().name);
  json.member("events", facts.events()).member("allocs", facts.allocs).member("frees", facts.frees);
  json.member("reallocs", facts.reallocs).member("resets", facts.resets).member("marks", facts.marks);
  json.member("unknown_frees", facts.unknown_frees).member("null_frees", facts.null_frees);
  json.member("implicit_frees", facts.implicit_frees).member("unknown_reallocs", facts.unknown_reallocs);
  json.member("failed_requests", facts.failed_requests);
  json.member("peak_live_bytes", facts.peak_live_bytes).member("peak_live_blocks", facts.peak_live_blocks);
  json.member("largest_request", facts.largest_request);
  json.member("live_bytes_at_end", facts.live_bytes_at_end).member("live_blocks_at_end", facts.live_blocks_at_end);
  json.member("threads", facts.threads).member("has_times", trace.has_times());
  json.member("has_addresses", trace.has_addresses()).member("sites", trace.sites().size());
  if (const auto& processes = trace.header().processes; !processes.empty()) {
    json.member("process", trace.header().process).key("processes").begin_array();
    for (const trace::LoggedProcess& process : processes) {
      json.begin_object().member("number", process.number);
      if (process.events != 0) json.member("events", process.events);
      json.end_object();
    }
    json.end_array();
  }
  json.key("allocators").begin_array();
  for (const trace::AllocatorSpec& spec : trace.header().allocators) json.value(trace::to_text(spec));
  json.end_array().key("warnings").begin_array();
  for (const std::string& warning : trace.warnings()) json.value(warning);
  json.end_array().end_object().end();
}

void line(const char* what, const std::string& text) {
  fmt::print("  {:<18}{}\n", what, text);
}

// "3 failed requests", nothing where there are none.
void line_if(const char* what, std::uint64_t count, const char* meaning) {
  if (count != 0) line(what, fmt::format("{}  ({})", count_text(count), meaning));
}

std::string bytes(std::uint64_t count) {
  return count < 1024 ? trace::size_text(count)
                      : fmt::format("{}  ({})", trace::size_text(count), trace::exact_size_text(count));
}

void print_text(const InfoOptions& options, const Trace& trace) {
  const Facts facts = facts_of_log(trace);
  fmt::print("{}\n", options.file == "-" ? "standard input" : options.file);
  line("format", trace.header().format);
  if (!trace.header().name.empty() && trace.header().name != options.file) line("name", trace.header().name);
  line("events", fmt::format("{}: {}, {}, {}", count_text(facts.events()), count_text(facts.allocs, "alloc"),
                             count_text(facts.frees, "free"), count_text(facts.reallocs, "realloc")));
  if (facts.resets + facts.marks != 0) {
    line("beside them", fmt::format("{}, {}", count_text(facts.marks, "mark"), count_text(facts.resets, "reset")));
  }
  line_if("unknown frees", facts.unknown_frees, "of blocks that the log never allocated");
  line_if("null frees", facts.null_frees, "free of the null pointer, does nothing");
  line_if("implicit frees", facts.implicit_frees, "allocated again while live: freed first");
  line_if("unknown reallocs", facts.unknown_reallocs, "of blocks that are not live: act as an alloc");
  line_if("failed requests", facts.failed_requests, "refused in the recorded program");
  line("peak live",
       fmt::format("{}, {} at most", bytes(facts.peak_live_bytes), count_text(facts.peak_live_blocks, "block")));
  line("largest request", bytes(facts.largest_request));
  line("live at the end",
       fmt::format("{} in {}", bytes(facts.live_bytes_at_end), count_text(facts.live_blocks_at_end, "block")));
  line("threads", facts.threads == 0 ? "the log does not say" : count_text(facts.threads));
  const char* why = trace.header().allocators.empty() ? "  (the log names no configuration)" : "";
  for (const trace::AllocatorSpec& spec : trace.specs_to_open()) line("opens with", trace::to_text(spec) + why);
  for (const std::string& warning : trace.warnings()) line("warning", warning);
}

}  // namespace

int info(const InfoOptions& options) {
  const trace::Result<Trace> trace = open(options.file, options.reading);
  if (!trace) return fail(trace.trouble());
  options.json ? print_json(options, *trace) : print_text(options, *trace);
  return done();
}

}  // namespace allocviz::cli
