// What events mean: which block an id stands for, when it began and ended, what was live, what is to be counted.
#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <random>
#include <unordered_map>
#include <utility>

#include "core/alloc/prefetch.h"
#include "core/trace/event_fault.h"
#include "core/trace/id_table.h"
#include "core/trace/intern.h"
#include "core/trace/trace.h"
#include "core/trace/utf8.h"

namespace allocviz::trace {
namespace {

static_assert(IdTable::kNone == kNoSlot);

// In the column of alignments: the header's default, not known before finish.
constexpr unsigned kDefaultAlign = 64;

// Three blocks of 2^63 - 1 bytes are more than 64 bits count, and a log may say so.
__extension__ using Wide = unsigned __int128;

std::uint64_t narrow(Wide value) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return value > kMost ? kMost : static_cast<std::uint64_t>(value);
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
  // The last events, which the columns get together.
  static constexpr std::size_t kMostRows = 128;
  struct Rows {
    using Values = std::array<std::uint64_t, kMostRows>;
    Values op, flags, align_log2, slot, id, size, time, thread, site, tag, addr, partner;
  } rows;
  std::size_t row_count = 0;
  std::uint64_t events = 0;  // all of them
  IdTable slot_of_number{std::random_device{}()};
  std::vector<std::uint32_t> slot_of_name;  // by index into names
  Index names, tags, sites;
  std::uint32_t sites_indexed = 0;        // how many of them are in the index: a table is put in when it is asked
  LargeVector<Block> blocks;              // by slot; only the first `slots_used` have been in use since the last reset
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
  unsigned align_log2_of_none = kDefaultAlign;  // of a request that names no alignment
  TraceWatcher* watcher = nullptr;
  std::uint64_t named_min_block = 0;  // name_buddy_of(); 0: not called
  std::string text;                   // where as_utf8 keeps what it made

  // A long log is never held unpacked, but for the partners: each is written when its block ends.
  Inner() {
    for (const auto column : Trace::kColumns) {
      if (column != &Trace::partner_) (trace.*column).pack_while_growing();
    }
  }

  [[nodiscard]] bool names_buddy() const { return named_min_block != 0 && trace.header_.allocators.empty(); }

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

  // Ends the block's life at `event`.
  void end(std::uint32_t slot, std::uint64_t event) {
    auto& block = blocks[slot];
    if (const std::uint64_t settled = trace.size(); block.born < settled) {
      trace.partner_.set(block.born, event + 1);
    } else {
      rows.partner[block.born - settled] = event + 1;
    }
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
    const std::uint64_t event = events;
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
      trace.offsets_.emplace(events, *raw.offset);
      return kNoSlot;
    }
    if (raw.id_kind == RawEvent::Id::Null) {
      flags |= kNullFree;
      ++facts.null_frees;
      return kNoSlot;
    }
    const bool named = raw.id_kind == RawEvent::Id::Name;
    const std::uint32_t slot = named ? std::exchange(slot_of_name[id], kNoSlot) : slot_of_number.remove(id);
    if (slot == kNoSlot) {
      flags |= kUnknownId;
      ++facts.unknown_frees;
      return kNoSlot;
    }
    partner = blocks[slot].born + 1;
    end(slot, events);
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
        reset(events);
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
    const std::size_t row = row_count;
    rows.slot[row] = slot + 1u;
    rows.id[row] = id;
    rows.size[row] = raw.size;
    const unsigned absent = is_request(raw.op) ? align_log2_of_none : 0;
    rows.align_log2[row] = raw.align ? static_cast<unsigned>(std::countr_zero(*raw.align)) : absent;
    rows.time[row] = raw.time_ns.value_or(0);
    rows.thread[row] = raw.thread.value_or(0);
    rows.site[row] = raw.site;
    largest_site = std::max(largest_site, raw.site);
    rows.tag[row] = raw.tag.empty() ? 0 : 1 + intern(trace.tags_, tags, as_utf8(raw.tag, text));
    rows.addr[row] = raw.addr;
    rows.partner[row] = partner;
    append_texts(raw);
    rows.flags[row] = flags;
    rows.op[row] = static_cast<std::uint64_t>(raw.op);
    ++events;
    if (++row_count == kMostRows) settle_rows();
  }

  void settle_rows() {
    const auto add = [this](Column& column, const Rows::Values& values) {
      column.append(std::span(values).first(row_count));
    };
    add(trace.op_, rows.op);
    add(trace.flags_, rows.flags);
    add(trace.align_log2_, rows.align_log2);
    add(trace.slot_, rows.slot);
    add(trace.id_, rows.id);
    add(trace.size_, rows.size);
    add(trace.time_, rows.time);
    add(trace.thread_, rows.thread);
    add(trace.site_, rows.site);
    add(trace.tag_, rows.tag);
    add(trace.addr_, rows.addr);
    add(trace.partner_, rows.partner);
    row_count = 0;
  }

  void append_texts(const RawEvent& raw) {
    const std::uint64_t event = events;
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
void TraceBuilder::set_default_align(std::uint64_t align) {
  assert(size() == 0 && std::has_single_bit(align));
  header().default_align = align;
  inner_->align_log2_of_none = inner_->default_align_log2();
}
std::uint64_t TraceBuilder::site_count() const {
  return inner_->trace.sites_.size();
}
void TraceBuilder::name_buddy_of(std::uint64_t min_block_bytes) {
  inner_->named_min_block = min_block_bytes;
}
std::uint64_t TraceBuilder::size() const {
  return inner_->events;
}
void TraceBuilder::warn(std::string text) {
  inner_->trace.warnings_.push_back(to_utf8(text));
}

Status TraceBuilder::append(const RawEvent& raw) {
  Inner& inner = *inner_;
  if (!is_plain(raw)) {
    if (auto fault = fault_in(raw)) return at_event(size() + 1, *std::move(fault));
  }
  std::uint64_t* const last_time = raw.time_ns || raw.thread ? &inner.last_time_of(raw) : nullptr;
  if (raw.time_ns && *raw.time_ns < *last_time) return at_event(size() + 1, back_in_time(raw, *last_time));
  if (inner.live_blocks == kNoSlot - 1) return at_event(size() + 1, too_many_blocks());
  if (raw.time_ns) *last_time = *raw.time_ns;
  inner.append(raw);
  if (inner.watcher != nullptr && size() % kWatchedEvents == 0) inner.watcher->grown(*this);
  return Done{};
}

void TraceBuilder::watch(TraceWatcher* watcher) {
  inner_->watcher = watcher;
}
void TraceBuilder::requests(std::uint64_t first, std::span<Event> into) const {
  assert(first % kWatchedEvents == 0 && into.size() % kWatchedEvents == 0 && first + into.size() <= size());
  static_assert(kWatchedEvents % Column::kLeaf == 0 && kWatchedEvents % Inner::kMostRows == 0);
  inner_->trace.requests(first, into);
  const auto default_align = static_cast<std::uint8_t>(inner_->default_align_log2());
  for (Event& event : into) {
    if (event.align_log2 == kDefaultAlign) event.align_log2 = default_align;
  }
}
std::uint32_t TraceBuilder::slot_count() const {
  return static_cast<std::uint32_t>(inner_->blocks.size());
}
std::vector<AllocatorSpec> TraceBuilder::specs_to_open() const {
  const std::uint64_t peak = narrow(inner_->peak_bytes);
  if (inner_->names_buddy()) return {default_spec(peak, inner_->named_min_block)};
  inner_->trace.facts_.peak_live_bytes = peak;
  return inner_->trace.specs_to_open();
}
std::uint64_t TraceBuilder::default_align() const {
  return inner_->trace.header_.default_align.value_or(1);
}

void TraceBuilder::prefetch(const RawEvent& event) const {
  if (event.id_kind == RawEvent::Id::Number) inner_->slot_of_number.prefetch(event.id_number);
}

void TraceBuilder::prefetch(std::span<const RawEvent> events) const {
  const Inner& inner = *inner_;
  constexpr std::size_t kMost = 32;
  std::array<std::uint32_t, kMost> slots;
  events = events.first(std::min(events.size(), kMost));
  for (std::size_t i = 0; i < events.size(); ++i) {
    slots[i] = events[i].id_kind == RawEvent::Id::Number ? inner.slot_of_number.find(events[i].id_number) : kNoSlot;
    if (slots[i] != kNoSlot) alloc::prefetch(&inner.blocks[slots[i]]);
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (slots[i] == kNoSlot) continue;
    if (const std::uint64_t born = inner.blocks[slots[i]].born; born < inner.trace.size()) {
      inner.trace.partner_.prefetch(born);
    }
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
  inner.settle_rows();
  auto& facts = inner.trace.facts_;
  facts.peak_live_bytes = narrow(inner.peak_bytes);
  if (inner.names_buddy() && size() != 0)
    inner.trace.header_.allocators = {default_spec(facts.peak_live_bytes, inner.named_min_block)};
  facts.live_bytes_at_end = narrow(inner.live_bytes);
  facts.live_blocks_at_end = inner.live_blocks;
  facts.threads = inner.last_time.size();
  inner.trace.slot_count_ = slot_count();
  if (inner.align_log2_of_none == kDefaultAlign) inner.settle_alignments();
  inner.settle_sites();
  for (const auto column : Trace::kColumns) (inner.trace.*column).pack();
  return std::move(inner.trace);
}

}  // namespace allocviz::trace
