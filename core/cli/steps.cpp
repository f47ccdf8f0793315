// alloctrace steps: what one event did, step by step, and in a sentence.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/cli/choice.h"
#include "core/cli/commands.h"
#include "core/cli/json_writer.h"
#include "core/cli/moment.h"
#include "core/cli/terminal.h"
#include "core/replay/narrate.h"

namespace allocviz::cli {
namespace {

using alloc::Step;
using alloc::StepKind;
using trace::AllocatorSpec;
using trace::Trace;

// Only the fields that the kind of step gives a meaning (core/alloc/step.h).
void put_step(JsonWriter& json, const Step& step, const std::string& text, const AllocatorSpec& spec) {
  json.begin_object().member("kind", replay::name_of(step.kind));
  const bool of_slab = step.size_class != alloc::kNoClass;
  if (of_slab) json.member("class", static_cast<int>(step.size_class));
  const bool on_buddy = spec.kind == trace::AllocatorKind::Buddy || spec.kind == trace::AllocatorKind::Tiered;
  const bool has_level = on_buddy && !of_slab && step.kind != StepKind::Take && step.kind != StepKind::Fail;
  if (has_level) json.member("level", static_cast<int>(step.level));
  switch (step.kind) {
    case StepKind::Round:
      json.member("requested", step.other).member("size", step.size);
      break;
    case StepKind::Look:
      json.member("found", step.other != 0);
      break;
    case StepKind::Pop:
    case StepKind::Push:
    case StepKind::Remove:
      json.member("offset", step.offset);
      break;
    case StepKind::Split:
    case StepKind::Merge:
      json.member("offset", step.offset).member("size", step.size).member("other", step.other);
      break;
    case StepKind::Take:
      json.member("offset", step.offset).member("size", step.size);
      break;
    case StepKind::Move:
    case StepKind::Rewind:
      json.member("offset", step.offset).member("from", step.other).member("size", step.size);
      break;
    case StepKind::Fail:
      json.member("why", replay::name_of(step.why));
      break;
  }
  json.member("text", text).end_object();
}

struct Words {
  std::string paragraph;
  std::vector<replay::StepText> steps;
};

void print_json(const At& at, const Words& words, const Moment& moment, const AllocatorSpec& spec, const Trace& trace) {
  JsonWriter json(stdout);
  json.begin_object().member("allocator", trace::to_text(spec)).member("event", at.event);
  json.member("title", replay::event_title(trace, at.event - 1)).member("text", words.paragraph);
  json.key("steps").begin_array();
  for (std::size_t i = 0; i < moment.run.steps.size(); ++i) {
    put_step(json, moment.run.steps[i], words.steps[i].text, spec);
  }
  json.end_array().end_object().end();
}

void print_text(const At& at, const Words& words, const Moment& moment, const Choice& choice, const Trace& trace) {
  const AllocatorSpec& spec = moment.spec;
  fmt::print("{}{}\n", trace::to_text(spec), choice.why.empty() ? "" : "  (" + choice.why + ")");
  fmt::print("event {} of {}: {}\n\n{}\n\n", trace::count_text(at.event), trace::count_text(trace.size()),
             replay::event_title(trace, at.event - 1), words.paragraph);
  std::size_t number = 0;
  for (const replay::StepText& said : words.steps) {
    fmt::print("{:>4}  {:<10}{}\n", ++number, said.verb, said.text);
  }
}

}  // namespace

int steps(const MomentOptions& options) {
  const trace::Result<Trace> trace = open(options.file, options.reading);
  if (!trace) return fail(trace.trouble());
  note_warnings(*trace);
  const Choice choice = choose(*trace, options.allocator);
  trace::Result<Moment> moment = go_to(options.at, *trace, choice.specs.front());
  if (!moment) return fail(moment.trouble());
  const AllocatorSpec& spec = moment->spec;
  const std::uint64_t index = options.at.event - 1;
  const Words words{replay::event_text(*trace, index, spec, moment->run, &moment->census),
                    replay::step_texts(*trace, index, spec, moment->run, &moment->census)};
  if (options.json) {
    print_json(options.at, words, *moment, spec, *trace);
  } else {
    print_text(options.at, words, *moment, choice, *trace);
  }
  return done();
}

}  // namespace allocviz::cli
