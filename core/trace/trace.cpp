#include "core/trace/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <string>
#include <system_error>

namespace allocviz::trace {
namespace {

const std::string* find(const std::map<std::uint64_t, std::string>& texts, std::uint64_t index) {
  const auto found = texts.find(index);
  return found == texts.end() ? nullptr : &found->second;
}

std::uint64_t memory_of(const std::string& text) {
  return sizeof(text) + (text.capacity() > 15 ? text.capacity() : 0);
}

std::uint64_t memory_of(const std::map<std::uint64_t, std::string>& texts) {
  std::uint64_t sum = 0;
  for (const auto& [index, text] : texts) sum += 48 + memory_of(text);
  return sum;
}

}  // namespace

// A leaf of each column at a time, so that a column says once, not for each event, how it is stored.
template <bool kAll>
void Trace::gather(std::uint64_t first, std::span<Event> out) const {
  assert(first + out.size() <= size());
  constexpr std::uint64_t kFew = 8;  // are sooner looked up one by one
  Column::Values op, flags, align_log2, slot, size, id, time, thread, site, tag, addr;
  while (!out.empty()) {
    const std::uint64_t leaf = first / Column::kLeaf, from = first % Column::kLeaf;
    const std::span<Event> part = out.first(std::min<std::uint64_t>(Column::kLeaf - from, out.size()));
    if (part.size() < kFew) {
      for (std::uint64_t i = 0; i < part.size(); ++i) part[i] = kAll ? event(first + i) : request(first + i);
    } else {
      op_.gather(leaf, op);
      flags_.gather(leaf, flags);
      align_log2_.gather(leaf, align_log2);
      slot_.gather(leaf, slot);
      size_.gather(leaf, size);
      if constexpr (kAll) {
        id_.gather(leaf, id);
        time_.gather(leaf, time);
        thread_.gather(leaf, thread);
        site_.gather(leaf, site);
        tag_.gather(leaf, tag);
        addr_.gather(leaf, addr);
      }
      for (std::uint64_t i = 0; i < part.size(); ++i) {
        Event& event = part[i];
        event = Event{};
        event.op = static_cast<Op>(op[from + i]);
        event.flags = static_cast<std::uint8_t>(flags[from + i]);
        event.align_log2 = static_cast<std::uint8_t>(align_log2[from + i]);
        event.slot = static_cast<std::uint32_t>(slot[from + i]) - 1;
        event.size = size[from + i];
        if (event.has(kByOffset)) event.offset = offsets_.find(first + i)->second;
        if constexpr (kAll) {
          event.id = id[from + i];
          event.time_ns = time[from + i];
          event.thread = thread[from + i];
          event.site = static_cast<std::uint32_t>(site[from + i]);
          event.tag = static_cast<std::uint32_t>(tag[from + i]);
          event.addr = addr[from + i];
        }
      }
    }
    first += part.size();
    out = out.subspan(part.size());
  }
}

void Trace::events(std::uint64_t first, std::span<Event> out) const {
  gather<true>(first, out);
}
void Trace::requests(std::uint64_t first, std::span<Event> out) const {
  gather<false>(first, out);
}

std::string_view word_of(Op op) {
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

std::string Trace::id_text(std::uint64_t index) const {
  Event only_id;
  only_id.flags = flags(index);
  only_id.id = id_[index];
  return id_text(only_id);
}

std::string Trace::id_text(const Event& event) const {
  if (!event.has(kHasId)) return {};
  return event.has(kNamedId) ? names_[event.id] : fmt::format("{}", event.id);
}

std::uint64_t Trace::ended_at(std::uint64_t index) const {
  if (op(index) != Op::Alloc && op(index) != Op::Realloc) return kNoEvent;
  return partner_[index] - 1;  // 0 - 1 = kNoEvent
}

std::uint64_t Trace::began_at(std::uint64_t index) const {
  if (op(index) == Op::Free) return partner_[index] - 1;
  const auto found = std::lower_bound(began_.begin(), began_.end(), std::pair{index, std::uint64_t{0}});
  return found != began_.end() && found->first == index ? found->second : kNoEvent;
}

const std::string* Trace::note(std::uint64_t index) const {
  return find(notes_, index);
}
const std::string* Trace::mark_name(std::uint64_t index) const {
  return find(mark_names_, index);
}
void Trace::set_note(std::uint64_t index, std::string text) {
  if (text.empty()) {
    notes_.erase(index);
  } else {
    notes_[index] = std::move(text);
  }
}
void Trace::set_mark(std::uint64_t index, std::string name) {
  if (name.empty() && op(index) != Op::Mark) {
    mark_names_.erase(index);
  } else {
    mark_names_[index] = std::move(name);
  }
}
void Header::set_approximate_lifetimes() {
  extra["lifetimes"] = "\"approximate\"";
}

bool Header::has_approximate_lifetimes() const {
  const auto field = extra.find("lifetimes");
  return field != extra.end() && field->second == "\"approximate\"";
}

void Header::set_added_frees(std::uint64_t count) {
  extra["added_frees"] = fmt::format("{}", count);
}

std::uint64_t Header::added_frees() const {
  const auto field = extra.find("added_frees");
  if (field == extra.end()) return 0;
  const std::string& text = field->second;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && end == text.data() + text.size() ? count : 0;
}

const std::string* Trace::extra(std::uint64_t index) const {
  return find(extras_, index);
}

std::vector<AllocatorSpec> Trace::specs_to_open() const {
  if (!header_.allocators.empty()) return header_.allocators;
  return {default_spec(facts_.peak_live_bytes)};
}

std::uint64_t Trace::memory_bytes() const {
  std::uint64_t sum = sizeof(Trace);
  for (const auto column : kColumns) sum += (this->*column).memory_bytes();
  for (const auto* texts : {&names_, &tags_, &warnings_}) {
    for (const auto& text : *texts) sum += memory_of(text);
  }
  for (const auto& site : sites_) {
    sum += sizeof(site);
    for (const auto& frame : site.frames) sum += memory_of(frame);
  }
  sum += memory_of(notes_) + memory_of(mark_names_) + memory_of(extras_);
  return sum + offsets_.size() * 48 + began_.capacity() * sizeof(began_[0]);
}

namespace {

bool same_text(const std::string* a, const std::string* b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

std::string header_difference(const Header& a, const Header& b) {
  if (a.name != b.name) return "name";
  if (a.about != b.about) return "about";
  if (a.allocators != b.allocators) return "allocators";
  if (a.default_align != b.default_align) return "defaults.align";
  if (a.extra != b.extra) return "unknown header fields";
  return {};
}

// Empty when event i of both says the same; slots and partners follow from the rest and are compared for safety.
std::string event_difference(const Trace& a, const Trace& b, std::uint64_t i) {
  const Event x = a.event(i), y = b.event(i);
  if (x.op != y.op) return "op";
  if (x.flags != y.flags) return "flags";
  if (a.id_text(x) != b.id_text(y)) return "id";
  if (x.size != y.size) return "size";
  if (x.align_log2 != y.align_log2) return "align";
  if (x.offset != y.offset) return "offset";
  if (x.time_ns != y.time_ns) return "t";
  if (x.thread != y.thread) return "thread";
  if (x.site != y.site) return "site";
  if (x.tag != y.tag) return "tag";
  if (x.addr != y.addr) return "addr";
  if (x.slot != y.slot) return "slot";
  if (a.ended_at(i) != b.ended_at(i) || a.began_at(i) != b.began_at(i)) return "partner";
  if (!same_text(a.note(i), b.note(i))) return "note";
  if (!same_text(a.mark_name(i), b.mark_name(i))) return "name";
  if (!same_text(a.extra(i), b.extra(i))) return "unknown fields";
  return {};
}

}  // namespace

std::string difference(const Trace& a, const Trace& b) {
  if (auto field = header_difference(a.header(), b.header()); !field.empty()) return "header: " + field;
  for (std::uint64_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (auto field = event_difference(a, b, i); !field.empty()) return fmt::format("event {}: {}", i + 1, field);
  }
  if (a.size() != b.size()) return fmt::format("{} and {} events", a.size(), b.size());
  if (a.sites() != b.sites()) return "sites";
  if (a.tags() != b.tags()) return "tags";
  if (a.names() != b.names()) return "names";
  if (a.facts() != b.facts()) return "facts";
  if (a.slot_count() != b.slot_count()) return "slot count";
  return {};
}

}  // namespace allocviz::trace
