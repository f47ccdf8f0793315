#include "viz/app/by_hand.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "core/trace/beginning.h"
#include "viz/app/adopt.h"
#include "viz/app/cursor.h"
#include "viz/app/filter.h"
#include "viz/app/keeping.h"
#include "viz/app/loader.h"
#include "viz/app/moving.h"
#include "viz/app/opening.h"

namespace allocviz::app {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Trouble;
using Id = trace::RawEvent::Id;

constexpr std::uint64_t kMostEvents = 100'000;  // read and replayed anew at once, within a moment
constexpr std::string_view kExamples = "write 100, 4k, free A, free 0x040 or realloc A 200";

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<std::uint64_t> address_of(std::string_view word) {
  if (!word.starts_with("0x") && !word.starts_with("0X")) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data() + 2, end, value, 16);
  return error == std::errc{} && rest == end ? std::optional(value) : std::nullopt;
}

Trouble not_live(std::string_view id, std::uint64_t event, Op op) {
  if (event == 0) return {"no block is live before the first event", {}, "go to a later one, or write a size: 100, 4k"};
  std::string todo = "name one that is";
  if (op == Op::Free) todo += fmt::format("; to free {} a second time write its address, as in free 0x040", id);
  return {fmt::format("no block called {} is live after event {}", id, trace::count_text(event)), {}, std::move(todo)};
}

// One request, word by word.
class Reader {
 public:
  explicit Reader(const State& state) : state_(state), trace_(*state.document.trace), behind_(state.cursor().event) {}

  trace::Result<ByHand> read(std::string_view text) {
    const std::vector<std::string_view> words = words_of(text);
    if (words.empty()) return Trouble{"nothing is asked for", {}, std::string(kExamples)};
    const std::string_view verb = words.front();
    const std::string_view rest = text.substr(static_cast<std::size_t>(verb.data() + verb.size() - text.data()));
    if (verb == "free" || verb == "f") return free(words);
    if (verb == "realloc" || verb == "r") return realloc(words, rest);
    if (verb == "reset" && words.size() == 1) {
      hand_.event.op = Op::Reset;
      hand_.words = "reset: every block is given back";
      return finished();
    }
    if (verb == "alloc" || verb == "malloc" || verb == "a") return alloc(rest);
    if (verb.front() >= '0' && verb.front() <= '9') return alloc(text);
    return Trouble{fmt::format("\"{}\" is no request", verb), {}, std::string(kExamples)};
  }

 private:
  trace::Result<ByHand> alloc(std::string_view rest) {
    const std::size_t align = rest.find(" align ");
    hand_.event.op = Op::Alloc;
    if (auto size = trace::parse_typed_size(rest.substr(0, align)); size.ok()) {
      hand_.event.size = *size;
    } else {
      return std::move(size).trouble();
    }
    hand_.words = fmt::format(", {}", trace::exact_size_text(hand_.event.size));
    if (align != std::string_view::npos) {
      auto bytes = trace::parse_typed_size(rest.substr(align + 7));
      if (!bytes.ok()) return std::move(bytes).trouble();
      hand_.event.align = *bytes;
      hand_.words += fmt::format(", at a multiple of {}", trace::exact_size_text(*bytes));
    }
    hand_.id = unused_name();
    hand_.event.id_kind = Id::Name;
    hand_.words = "alloc " + hand_.id + hand_.words;
    return finished();
  }

  trace::Result<ByHand> free(const std::vector<std::string_view>& words) {
    if (words.size() != 2) return Trouble{"a free is of one block", {}, "write free A, or free 0x040"};
    hand_.event.op = Op::Free;
    const std::optional<std::uint64_t> address = address_of(words[1]);
    const std::optional<std::uint64_t> born = address ? born_at(*address) : maker_of(words[1]);
    if (born) {
      name_as(*born);
      hand_.words = "free " + trace_.id_text(*born);
    } else if (address) {
      hand_.event.offset = *address;
      hand_.words = fmt::format("free {}: no block of the trace begins there", words[1]);
    } else {
      return not_live(words[1], behind_, Op::Free);
    }
    return finished();
  }

  trace::Result<ByHand> realloc(const std::vector<std::string_view>& words, std::string_view rest) {
    if (words.size() < 3) return Trouble{"a realloc is of a block, to a size", {}, "write realloc A 200"};
    const std::optional<std::uint64_t> address = address_of(words[1]);
    const std::optional<std::uint64_t> born = address ? born_at(*address) : maker_of(words[1]);
    if (!born) return not_live(words[1], behind_, Op::Realloc);
    auto size = trace::parse_typed_size(rest.substr(static_cast<std::size_t>(words[2].data() - rest.data())));
    if (!size.ok()) return std::move(size).trouble();
    hand_.event.op = Op::Realloc;
    hand_.event.size = *size;
    name_as(*born);
    hand_.words = fmt::format("realloc {} to {}", trace_.id_text(*born), trace::exact_size_text(*size));
    return finished();
  }

  ByHand finished() {
    if (behind_ != 0 && trace_.has_times()) hand_.event.time_ns = trace_.time_ns(behind_ - 1);
    if (behind_ != 0 && trace_.event(behind_ - 1).has(trace::kHasThread)) {
      hand_.event.thread = trace_.event(behind_ - 1).thread;
    }
    return std::move(hand_);
  }

  // A block's last event up to the cursor, where it lives there.
  [[nodiscard]] std::optional<std::uint64_t> maker_of(std::string_view id) const {
    for (std::uint64_t i = behind_; i-- > 0;) {
      const trace::Event event = trace_.event(i);
      if ((event.op != Op::Alloc && event.op != Op::Realloc) || event.has(trace::kFailedThere)) continue;
      if (trace_.id_text(event) != id) continue;
      const std::uint64_t ended = trace_.ended_at(i);
      return ended == trace::kNoEvent || ended >= behind_ ? std::optional(i) : std::nullopt;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::uint64_t> born_at(std::uint64_t offset) const {
    const std::size_t stage = state_.selection.offset ? state_.selection.stage : 0;
    const replay::Block* block = state_.stages[stage].timeline->census().block_at(offset);
    const bool lives = block != nullptr && block->state == replay::BlockState::Live && block->offset == offset;
    return lives && block->born < behind_ ? maker_of(trace_.id_text(block->born)) : std::nullopt;
  }

  void name_as(std::uint64_t maker) {
    const trace::Event event = trace_.event(maker);
    hand_.event.id_kind = event.has(trace::kNamedId) ? Id::Name : Id::Number;
    hand_.event.id_number = event.id;
    hand_.id = trace_.id_text(event);
  }

  [[nodiscard]] std::string unused_name() const {
    const std::vector<std::string>& names = trace_.names();
    for (unsigned round = 0;; ++round) {
      for (char letter = 'A'; letter <= 'Z'; ++letter) {
        std::string name(1, letter);
        if (round != 0) name += std::to_string(round);
        if (std::find(names.begin(), names.end(), name) == names.end()) return name;
      }
    }
  }

  const State& state_;
  const trace::Trace& trace_;
  std::uint64_t behind_;  // so many events come before it
  ByHand hand_;
};

std::vector<std::uint64_t> failed_in(const trace::Trace& trace) {
  std::vector<std::uint64_t> indices;
  for (std::uint64_t i = 0; i < trace.size(); ++i) {
    if ((trace.flags(i) & trace::kFailedThere) != 0) indices.push_back(i);
  }
  return indices;
}

}  // namespace

trace::Result<ByHand> by_hand(const State& state, std::string_view text) {
  return Reader(state).read(text);
}

std::optional<Trouble> cannot_try(const State& state) {
  if (state.timeline().spec().kind == trace::AllocatorKind::Recorded) {
    return Trouble{"what was recorded is shown as it was, and serves no requests", {}, "choose an allocator first"};
  }
  if (state.document.trace->size() > kMostEvents) {
    return Trouble{fmt::format("requests are tried in traces of up to {} events", trace::count_text(kMostEvents)),
                   {},
                   "open a lesson or a shorter log"};
  }
  return std::nullopt;
}

std::string free_of_selected(const State& state) {
  if (!state.selection.offset || state.selection.stage >= state.stages.size()) return {};
  const replay::Block* block = state.timeline(state.selection.stage).census().block_at(*state.selection.offset);
  return block == nullptr ? std::string() : fmt::format("free 0x{:x}", block->offset);
}

void insert_by_hand(State& state, std::string_view text) {
  if (waits_for_rest(state)) return;
  if (auto trouble = cannot_try(state)) {
    state.trouble = std::move(trouble);
    return;
  }
  finish_moving(state);
  auto hand = by_hand(state, text);
  if (!hand.ok()) {
    state.trouble = std::move(hand).trouble();
    return;
  }
  state.popup = Popup::None;
  if (hand->event.id_kind == Id::Name) hand->event.id_name = hand->id;
  const std::uint64_t event = state.cursor().event;
  auto edited = trace::with_event(*state.document.trace, event, hand->event);
  if (!edited.ok()) {
    state.trouble = std::move(edited).trouble();
    return;
  }
  EditedTrace to{std::make_shared<trace::Trace>(std::move(edited).value()), {}, event + 1};
  // What was written at later events since the last saving is found where those are now.
  for (const auto& [at, was] : state.document.saved_texts) {
    to.saved_texts[{at.first + (at.first >= event ? 1 : 0), at.second}] = was;
  }
  change_trace(state, std::move(to), Remember::New);
}

void change_trace(State& state, EditedTrace to, Remember as) {
  if (is_in_use(state)) return notice(state, "The document is being read just now: try again when that is done");
  stop_keeping(state);
  finish_moving(state);
  Document& document = state.document;
  std::vector<trace::AllocatorSpec> specs;
  for (const Stage& stage : state.stages) specs.push_back(stage.timeline->spec());
  auto stages = build_stages(to.trace, specs);
  if (!stages.ok()) {
    state.trouble = std::move(stages).trouble();
    return;
  }
  const bool all_time = state.time.first <= 0 && state.time.last >= state.time_end();
  const Selection selection = state.selection;
  const ByteView bytes = state.bytes;
  remember(state.history, EditedTrace{document.trace, document.saved_texts, state.cursor().event}, as);
  if (document.saved_trace == nullptr) document.saved_trace = document.trace;
  document.trace = std::move(to.trace);
  document.saved_texts = std::move(to.saved_texts);
  document.failed_there = failed_in(*document.trace);
  document.clock = document.trace->has_times() ? std::make_shared<const replay::Clock>(*document.trace) : nullptr;
  ++document.texts_changed;
  state.playback.playing = false;
  state.range.reset();
  state.groups.anchor.reset();
  take_stages(state, std::move(stages).value(), {to.event, replay::kAllSteps});
  state.selection = selection;
  state.bytes = bytes;
  state.moved_from = state.cursor();
  state.time =
      all_time ? TimeView{0, state.time_end()}
               : TimeView{std::min(state.time.first, state.time_end()), std::min(state.time.last, state.time_end())};
  document.edited = differs_from_saved(state);
  if (state.filter.active) set_filter(state, state.filter.text);
}

}  // namespace allocviz::app
