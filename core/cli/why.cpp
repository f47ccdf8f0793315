// alloctrace why: why a request failed, and what would have made room for it.
#include "core/analyze/why.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/cli/choice.h"
#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/terminal.h"
#include "core/replay/narrate.h"

namespace allocviz::cli {
namespace {

using analyze::Release;
using analyze::Why;
using replay::Timeline;
using trace::Trace;

constexpr std::size_t kBlocksShown = 8;

void put_release(JsonWriter& json, const char* name, const std::optional<Release>& release, const Trace& trace) {
  json.key(name);
  if (!release) {
    json.null();
    return;
  }
  json.begin_object().member("bytes", release->bytes).key("blocks").begin_array();
  for (const replay::Block& block : release->blocks) {
    const trace::Event born = trace.event(block.born);
    json.begin_object().member("offset", block.offset).member("size", block.size).key("id");
    born.has(trace::kNamedId) ? json.value(trace.id_text(born)) : json.value(born.id);
    json.member("requested", block.requested).member("born", block.born + 1).end_object();
  }
  json.end_array().end_object();
}

void print_json(const Timeline& timeline, const Why* why) {
  JsonWriter json(stdout);
  json.begin_object().member("allocator", trace::to_text(timeline.spec())).key("event");
  if (why == nullptr) {
    json.null().end_object().end();
    return;
  }
  const Trace& trace = timeline.trace();
  json.value(why->event + 1).member("title", replay::event_title(trace, why->event));
  json.member("why", replay::name_of(why->why)).member("size", why->size).member("align", why->align);
  json.member("needed", why->needed).key("level");
  why->level ? json.value(*why->level) : json.null();
  json.member("free", why->before.free).member("largest_free", why->before.largest_free);
  json.member("live_requested", why->before.live_requested).member("live_rounded", why->before.live_rounded);
  json.key("would_fit_after");
  why->would_fit_after ? json.value(*why->would_fit_after) : json.null();
  json.key("not_tried_before");
  why->not_tried_before ? json.value(*why->not_tried_before) : json.null();
  put_release(json, "fewest", why->fewest, trace);
  put_release(json, "smallest", why->smallest, trace);
  put_release(json, "oldest", why->oldest, trace);
  json.end_object().end();
}

void fact(const char* what, const std::string& text) {
  fmt::print("  {:<22}{}\n", what, text);
}

std::string said_of(const Release& release, const Timeline& timeline) {
  const Trace& trace = timeline.trace();
  const std::size_t count = release.blocks.size();
  std::string text = fmt::format("{}, {}:", trace::count_text(count, "block"), trace::exact_size_text(release.bytes));
  for (std::size_t i = 0; i < std::min(count, kBlocksShown); ++i) {
    const replay::Block& block = release.blocks[i];
    text +=
        fmt::format("{} {} at {} (event {})", i == 0 ? "" : ",", trace.id_text(block.born),
                    trace::offset_text(block.offset, timeline.census().arena_bytes), trace::count_text(block.born + 1));
  }
  return text + (count > kBlocksShown ? ", …" : "");
}

std::string said_of_the_past(const Why& why) {
  const std::string untried = why.not_tried_before ? trace::count_text(*why.not_tried_before) : std::string();
  if (!why.would_fit_after) {
    return untried.empty() ? "never before" : fmt::format("not since event {}; what was before was not tried", untried);
  }
  const std::uint64_t since = why.event - *why.would_fit_after;
  const std::string when = *why.would_fit_after == 0
                               ? "before the first event"
                               : fmt::format("after event {}", trace::count_text(*why.would_fit_after));
  const std::string whole = since == 0 ? when : fmt::format("{}, {} earlier", when, trace::count_text(since, "event"));
  return untried.empty() ? whole
                         : fmt::format("{}; free blocks side by side were not tried before event {}", whole, untried);
}

void print_text(const Timeline& timeline, const Why& why, const std::string& chosen_why) {
  const Trace& trace = timeline.trace();
  fmt::print("{}{}\n", trace::to_text(timeline.spec()), chosen_why.empty() ? "" : "  (" + chosen_why + ")");
  fmt::print("event {} of {}: {}\n\n", trace::count_text(why.event + 1), trace::count_text(trace.size()),
             replay::event_title(trace, why.event));
  fact("failed", replay::name_of(why.why));
  fact("needed", trace::exact_size_text(why.needed) + (why.level ? fmt::format(", level {}", *why.level) : ""));
  fact("free in all", trace::exact_size_text(why.before.free));
  fact("largest free", trace::exact_size_text(why.before.largest_free));
  if (why.why != alloc::Error::OutOfMemory) {
    fmt::print("\nNo release would have helped: it is {} than what this allocator can ever give.\n",
               why.why == alloc::Error::AlignTooLarge ? "aligned to more" : "larger");
    return;
  }
  fact("would have fitted", said_of_the_past(why));
  if (!why.fewest) {
    fmt::print("\nNo release of live blocks makes room for it.\n");
    return;
  }
  fmt::print("\nRoom is made by releasing\n");
  fact("the fewest", said_of(*why.fewest, timeline));
  if (why.smallest) fact("the smallest", said_of(*why.smallest, timeline));
  if (why.oldest) fact("the oldest", said_of(*why.oldest, timeline));
}

}  // namespace

int why(const WhyOptions& options) {
  trace::Result<Trace> opened = open(options.file, options.reading);
  if (!opened) return fail(opened.trouble());
  note_warnings(*opened);
  const auto trace = std::make_shared<const Trace>(std::move(opened).value());
  const Choice choice = choose(*trace, options.allocator);
  trace::Result<std::unique_ptr<Timeline>> built = [&] {
    const ProgressBar bar("replaying");
    return Timeline::build(trace, choice.specs.front(), bar.progress());
  }();
  if (!built) return fail(built.trouble());
  Timeline& timeline = **built;
  const auto& failures = timeline.failures();
  const auto first = std::find_if(failures.begin(), failures.end(),
                                  [&](std::uint64_t event) { return trace->op(event) != trace::Op::Free; });
  if (!options.at && first == failures.end()) {
    if (options.json) print_json(timeline, nullptr);
    if (!options.json) fmt::print("{}: no request failed\n", trace::to_text(timeline.spec()));
    return done();
  }
  const std::uint64_t index = options.at ? *options.at - 1 : *first;
  const trace::Result<Why> answer = analyze::why_failed(timeline, index);
  if (!answer) return fail(answer.trouble());
  if (options.json) print_json(timeline, &*answer);
  if (!options.json) print_text(timeline, *answer, choice.why);
  return done();
}

}  // namespace allocviz::cli
