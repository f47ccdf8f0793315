// What events mean: which block an id stands for, when it began and ended, what was live, what is to be counted.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <random>
#include <unordered_map>

#include "core/alloc/prefetch.h"
#include "core/trace/id_table.h"
#include "core/trace/intern.h"
#include "core/trace/trace.h"
#include "core/trace/utf8.h"

namespace allocviz::trace {
namespace {

static_assert(IdTable::kNone == kNoSlot);

constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kDefaultAlign =
    64;  // in the column of alignments: the header's default, not known before finish

// Three blocks of 2^63 - 1 bytes are more than 64 bits count, and a log may say so.
__extension__ using Wide = unsigned __int128;

std::uint64_t narrow(Wide value) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return value > kMost ? kMost : static_cast<std::uint64_t>(value);
}

Trouble refuse(std::string field, std::string what, std::string todo) {
  return {.what = std::move(what), .where = {.field = std::move(field)}, .todo = std::move(todo)};
}

std::string_view verb(Op op) {
  switch (op) {
    case Op::Alloc:
      return "alloc";
    case Op::Free:
      return "free";
    case Op::Realloc:
      return "realloc";
    case Op::Reset:
      return "reset";
    case Op::Mark:
      return "mark";
  }
  return "";
}

std::string with_article(Op op) {
  return fmt::format("{} {}", op == Op::Alloc ? "an" : "a", verb(op));
}

bool is_request(Op op) {
  return op == Op::Alloc || op == Op::Realloc;
}

// What is wrong with an event by itself.
std::optional<Trouble> fault_in(const RawEvent& raw) {
  using Id = RawEvent::Id;
  const bool request = is_request(raw.op);
  const bool has_id = raw.id_kind == Id::Number || raw.id_kind == Id::Name;
  if (!raw.ok && !request) {
    return refuse("ok", fmt::format("{} cannot have failed", with_article(raw.op)),
                  "write \"ok\": false on requests only");
  }
  if (raw.offset && raw.op != Op::Free) {
    return refuse("offset", fmt::format("{} has no offset", with_article(raw.op)), "give an offset on a free only");
  }
  if (raw.offset && has_id) return refuse("offset", "a free has an id or an offset, not both", "leave one of them out");
  if (request && raw.ok && raw.id_kind == Id::Null) {
    return refuse("id", fmt::format("null is no id for {}", verb(raw.op)), "only a free may have the id null");
  }
  if ((request && raw.ok && !has_id) || (raw.op == Op::Free && raw.id_kind == Id::None && !raw.offset)) {
    return refuse("id", "it is missing", "name the block: a number or a string");
  }
  if (!request && raw.op != Op::Free && has_id) {
    return refuse("id", fmt::format("{} has no id", with_article(raw.op)), "leave it out");
  }
  if (raw.size > kMaxSize) {
    return refuse("size", fmt::format("{} is too large", raw.size), fmt::format("the most is {}", kMaxSize));
  }
  if (raw.align && !std::has_single_bit(*raw.align)) {
    return refuse("align", fmt::format("{} is no power of two", *raw.align), "write 1, 2, 4, 8, 16 …");
  }
  return {};
}

struct Block {                    // what is live, by slot
  std::uint64_t born = kNoEvent;  // kNoEvent = the slot is free
  std::uint64_t size = 0;
  std::uint64_t id = 0;
  bool named = false;
};

}  // namespace

struct TraceBuilder::Inner {
  Trace trace;
  IdTable slot_of_number{std::random_device{}()};
  std::vector<std::uint32_t> slot_of_name;  // by index into names
  Index names, tags, sites;
  std::uint32_t sites_indexed = 0;        // how many of them are in the index: a table is put in when it is asked
  std::vector<Block> blocks;              // by slot; only the first `slots_used` have been in use since the last reset
  std::vector<std::uint32_t> free_slots;  // below slots_used
  std::uint32_t slots_used = 0;
  Wide live_bytes = 0, peak_bytes = 0;
  std::uint64_t live_blocks = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> last_time;  // by thread
  struct ThreadTime {
    std::uint64_t thread = 0;
    std::uint64_t* last_time = nullptr;  // in last_time
  };
  std::array<ThreadTime, 16> threads_at_hand;  // by the thread's lowest bits
  std::uint64_t last_time_without_thread = 0;
  std::uint32_t largest_site = 0;
  TraceWatcher* watcher = nullptr;
  std::string text;  // where as_utf8 keeps what it made

  // A long log is never held unpacked, but for the partners: each is written when its block ends.
  Inner() {
    for (const auto column : Trace::kColumns) {
      if (column != &Trace::partner_) (trace.*column).pack_while_growing();
    }
  }

  Index& index_of_sites() {
    const auto& table = trace.sites_;
    for (; sites_indexed < table.size(); ++sites_indexed) sites.add(hash_of(table[sites_indexed]), sites_indexed);
    return sites;
  }

  std::uint64_t& last_time_of(const RawEvent& raw) {
    if (!raw.thread) return last_time_without_thread;
    ThreadTime& here = threads_at_hand[*raw.thread % threads_at_hand.size()];
    if (here.last_time == nullptr || here.thread != *raw.thread) here = {*raw.thread, &last_time[*raw.thread]};
    return *here.last_time;
  }

  // The id as the columns hold it: the number, or the index of the name.
  std::uint64_t id_of(const RawEvent& raw) {
    if (raw.id_kind != RawEvent::Id::Name) return raw.id_kind == RawEvent::Id::Number ? raw.id_number : 0;
    const std::uint32_t name = intern(trace.names_, names, as_utf8(raw.id_name, text));
    if (name == slot_of_name.size()) slot_of_name.push_back(kNoSlot);
    return name;
  }

  [[nodiscard]] std::uint32_t slot_of(std::uint64_t id, bool named) const {
    return named ? slot_of_name[id] : slot_of_number.find(id);
  }

  std::uint32_t take_slot(std::uint64_t id, bool named) {
    std::uint32_t slot = slots_used;
    if (free_slots.empty()) {
      if (++slots_used > blocks.size()) blocks.emplace_back();
    } else {
      slot = free_slots.back();
      free_slots.pop_back();
    }
    if (named) {
      slot_of_name[id] = slot;
    } else {
      slot_of_number.insert(id, slot);
    }
    return slot;
  }

  void begin(std::uint32_t slot, const Block& block) {
    blocks[slot] = block;
    live_bytes += block.size;
    ++live_blocks;
    auto& facts = trace.facts_;
    peak_bytes = std::max(peak_bytes, live_bytes);
    facts.peak_live_blocks = std::max(facts.peak_live_blocks, live_blocks);
    facts.largest_request = std::max(facts.largest_request, block.size);
  }

  // Ends the block's life at `event`; slot and id still belong together.
  void end(std::uint32_t slot, std::uint64_t event) {
    auto& block = blocks[slot];
    trace.partner_.set(block.born, event + 1);
    live_bytes -= block.size;
    --live_blocks;
    block.born = kNoEvent;
  }

  void forget_id(const Block& block) {
    if (block.named) {
      slot_of_name[block.id] = kNoSlot;
    } else {
      slot_of_number.remove(block.id);
    }
  }

  void reset(std::uint64_t event) {
    for (std::uint32_t slot = 0; slot < slots_used; ++slot) {
      if (blocks[slot].born == kNoEvent) continue;
      forget_id(blocks[slot]);
      end(slot, event);
    }
    free_slots.clear();
    slots_used = 0;
  }

  std::uint32_t request(const RawEvent& raw, std::uint64_t id, std::uint8_t& flags) {
    const std::uint64_t event = trace.op_.size();
    const bool named = raw.id_kind == RawEvent::Id::Name;
    std::uint32_t slot = slot_of(id, named);
    if (slot != kNoSlot) {
      if (raw.op == Op::Alloc) {
        flags |= kImplicitFree;
        ++trace.facts_.implicit_frees;
      }
      trace.began_.emplace_back(event, blocks[slot].born);
      end(slot, event);
    } else {
      if (raw.op == Op::Realloc) {
        flags |= kUnknownId;
        ++trace.facts_.unknown_reallocs;
      }
      slot = take_slot(id, named);
    }
    begin(slot, {event, raw.size, id, named});
    return slot;
  }

  // Returns the slot and, in `partner`, 1 + the event that made the block.
  std::uint32_t free(const RawEvent& raw, std::uint64_t id, std::uint8_t& flags, std::uint64_t& partner) {
    auto& facts = trace.facts_;
    ++facts.frees;
    if (raw.offset) {
      flags |= kByOffset;
      trace.offsets_.emplace(trace.op_.size(), *raw.offset);
      return kNoSlot;
    }
    if (raw.id_kind == RawEvent::Id::Null) {
      flags |= kNullFree;
      ++facts.null_frees;
      return kNoSlot;
    }
    const std::uint32_t slot = slot_of(id, raw.id_kind == RawEvent::Id::Name);
    if (slot == kNoSlot) {
      flags |= kUnknownId;
      ++facts.unknown_frees;
      return kNoSlot;
    }
    partner = blocks[slot].born + 1;
    forget_id(blocks[slot]);
    end(slot, trace.op_.size());
    free_slots.push_back(slot);
    return slot;
  }

  std::uint32_t resolve(const RawEvent& raw, std::uint64_t id, std::uint8_t& flags, std::uint64_t& partner) {
    auto& facts = trace.facts_;
    switch (raw.op) {
      case Op::Alloc:
      case Op::Realloc:
        ++(raw.op == Op::Alloc ? facts.allocs : facts.reallocs);
        if (raw.ok) return request(raw, id, flags);
        flags |= kFailedThere;
        ++facts.failed_requests;
        return kNoSlot;
      case Op::Free:
        return free(raw, id, flags, partner);
      case Op::Reset:
        ++facts.resets;
        reset(trace.op_.size());
        return kNoSlot;
      case Op::Mark:
        ++facts.marks;
        return kNoSlot;
    }
    return kNoSlot;
  }

  void append(const RawEvent& raw) {
    std::uint8_t flags = 0;
    if (raw.id_kind == RawEvent::Id::Number) flags |= kHasId;
    if (raw.id_kind == RawEvent::Id::Name) flags |= kHasId | kNamedId;
    if (raw.thread) flags |= kHasThread;
    const std::uint64_t id = id_of(raw);
    std::uint64_t partner = 0;
    const std::uint32_t slot = resolve(raw, id, flags, partner);
    trace.slot_.push_back(slot + 1u);
    trace.id_.push_back(id);
    trace.size_.push_back(raw.size);
    const std::uint64_t absent = is_request(raw.op) ? kDefaultAlign : 0;
    trace.align_log2_.push_back(raw.align ? static_cast<unsigned>(std::countr_zero(*raw.align)) : absent);
    trace.time_.push_back(raw.time_ns.value_or(0));
    trace.thread_.push_back(raw.thread.value_or(0));
    trace.site_.push_back(raw.site);
    largest_site = std::max(largest_site, raw.site);
    trace.tag_.push_back(raw.tag.empty() ? 0 : 1 + intern(trace.tags_, tags, as_utf8(raw.tag, text)));
    trace.addr_.push_back(raw.addr);
    trace.partner_.push_back(partner);
    append_texts(raw);
    trace.flags_.push_back(flags);
    trace.op_.push_back(static_cast<std::uint64_t>(raw.op));
  }

  void append_texts(const RawEvent& raw) {
    const std::uint64_t event = trace.op_.size();
    if (!raw.note.empty()) trace.notes_.emplace_hint(trace.notes_.end(), event, as_utf8(raw.note, text));
    if (!raw.extra.empty()) trace.extras_.emplace_hint(trace.extras_.end(), event, as_utf8(raw.extra, text));
    if (raw.op == Op::Mark || !raw.mark_name.empty())
      trace.mark_names_.emplace_hint(trace.mark_names_.end(), event, as_utf8(raw.mark_name, text));
  }

  [[nodiscard]] unsigned default_align_log2() const {
    return static_cast<unsigned>(std::countr_zero(trace.header_.default_align.value_or(1)));
  }

  // Every value anew, because a column that packs itself is appended to.
  template <class Settled>
  static void settle(Column& column, Settled settled) {
    Column anew;
    anew.pack_while_growing();
    for (std::uint64_t i = 0; i < column.size(); ++i) anew.push_back(settled(column[i]));
    column = std::move(anew);
  }

  // Alignments that no event named become the header's default, which may stand after the events.
  void settle_alignments() {
    const unsigned fallback = default_align_log2();
    settle(trace.align_log2_, [&](std::uint64_t held) { return held == kDefaultAlign ? fallback : held; });
  }

  void settle_sites() {
    const std::uint64_t known = trace.sites_.size();
    if (largest_site > known) settle(trace.site_, [&](std::uint64_t held) { return held > known ? 0 : held; });
  }
};

TraceBuilder::TraceBuilder() : inner_(std::make_unique<Inner>()) {}
TraceBuilder::~TraceBuilder() = default;
TraceBuilder::TraceBuilder(TraceBuilder&&) noexcept = default;
TraceBuilder& TraceBuilder::operator=(TraceBuilder&&) noexcept = default;

Header& TraceBuilder::header() {
  return inner_->trace.header_;
}
std::uint64_t TraceBuilder::site_count() const {
  return inner_->trace.sites_.size();
}
std::uint64_t TraceBuilder::size() const {
  return inner_->trace.size();
}
void TraceBuilder::warn(std::string text) {
  inner_->trace.warnings_.push_back(to_utf8(text));
}

Status TraceBuilder::append(const RawEvent& raw) {
  auto fault = fault_in(raw);
  std::uint64_t* last_time = nullptr;
  if (!fault && raw.time_ns) {
    last_time = &inner_->last_time_of(raw);
    if (*raw.time_ns < *last_time) {
      const auto where = raw.thread ? fmt::format("within thread {}", *raw.thread) : "among events without a thread";
      fault = refuse("t", fmt::format("time goes back from {} to {} {}", *last_time, *raw.time_ns, where),
                     "sort the events of each thread by time");
    }
  }
  if (!fault && inner_->live_blocks == kNoSlot - 1) {
    fault = refuse("id", "more blocks are live than 32 bits count", "split the trace");
  }
  if (fault) {
    fault->where.event = size() + 1;
    return *std::move(fault);
  }
  if (last_time != nullptr) {
    *last_time = *raw.time_ns;
  } else if (raw.thread) {
    inner_->last_time_of(raw);  // the thread has been seen
  }
  inner_->append(raw);
  if (inner_->watcher != nullptr && size() % kWatchedEvents == 0) inner_->watcher->grown(*this);
  return Done{};
}

void TraceBuilder::watch(TraceWatcher* watcher) {
  inner_->watcher = watcher;
}
Event TraceBuilder::request(std::uint64_t index) const {
  Event event = inner_->trace.request(index);
  if (event.align_log2 == kDefaultAlign) event.align_log2 = static_cast<std::uint8_t>(inner_->default_align_log2());
  return event;
}
std::uint32_t TraceBuilder::slot_count() const {
  return static_cast<std::uint32_t>(inner_->blocks.size());
}
std::vector<AllocatorSpec> TraceBuilder::specs_to_open() const {
  inner_->trace.facts_.peak_live_bytes = narrow(inner_->peak_bytes);
  return inner_->trace.specs_to_open();
}
std::uint64_t TraceBuilder::default_align() const {
  return inner_->trace.header_.default_align.value_or(1);
}

void TraceBuilder::prefetch(std::span<const RawEvent> events) const {
  const Inner& inner = *inner_;
  constexpr std::size_t kMost = 32;
  std::array<std::uint32_t, kMost> slots;
  events = events.first(std::min(events.size(), kMost));
  for (const RawEvent& raw : events) {
    if (raw.id_kind == RawEvent::Id::Number) inner.slot_of_number.prefetch(raw.id_number);
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    slots[i] = events[i].id_kind == RawEvent::Id::Number ? inner.slot_of_number.find(events[i].id_number) : kNoSlot;
    if (slots[i] != kNoSlot) alloc::prefetch(&inner.blocks[slots[i]]);
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (slots[i] != kNoSlot) inner.trace.partner_.prefetch(inner.blocks[slots[i]].born);
  }
}

std::uint32_t TraceBuilder::add_site(std::string_view line) {
  auto& sites = inner_->trace.sites_;
  line = as_utf8(line, inner_->text);
  const std::size_t hash = hash_of_line(line);
  const auto is_line = [&](std::uint32_t i) {
    return !sites[i].stack && sites[i].frames.size() == 1 && sites[i].frames[0] == line;
  };
  if (const auto found = inner_->index_of_sites().find(hash, is_line); found != Index::kNone) return found + 1;
  sites.push_back({{std::string(line)}, false});
  return static_cast<std::uint32_t>(sites.size());
}

std::uint32_t TraceBuilder::add_site(Site site) {
  assert(!site.frames.empty() && "a site has at least one frame");
  auto& sites = inner_->trace.sites_;
  for (auto& frame : site.frames) {
    if (!is_utf8(frame)) frame = to_utf8(frame);
  }
  const std::size_t hash = hash_of(site);
  const auto found = inner_->index_of_sites().find(hash, [&](std::uint32_t i) { return sites[i] == site; });
  if (found != Index::kNone) return found + 1;
  sites.push_back(std::move(site));
  return static_cast<std::uint32_t>(sites.size());
}

void TraceBuilder::set_sites(std::vector<Site> sites) {
  inner_->sites.clear();
  for (auto& site : sites) {
    for (auto& frame : site.frames) {
      if (!is_utf8(frame)) frame = to_utf8(frame);
    }
  }
  inner_->sites_indexed = 0;
  inner_->trace.sites_ = std::move(sites);
}

Trace TraceBuilder::finish() && {
  auto& inner = *inner_;
  auto& facts = inner.trace.facts_;
  facts.peak_live_bytes = narrow(inner.peak_bytes);
  facts.live_bytes_at_end = narrow(inner.live_bytes);
  facts.live_blocks_at_end = inner.live_blocks;
  facts.threads = inner.last_time.size();
  inner.trace.slot_count_ = slot_count();
  inner.settle_alignments();
  inner.settle_sites();
  for (const auto column : Trace::kColumns) (inner.trace.*column).pack();
  return std::move(inner.trace);
}

}  // namespace allocviz::trace
