#include "core/import/lives.h"

#include <fmt/format.h>

#include <random>

#include "core/trace/spec.h"

namespace allocviz::import {

using trace::Op;
using trace::RawEvent;
using trace::Status;

namespace {

void set_id(RawEvent& event, std::uint64_t id) {
  event.id_kind = RawEvent::Id::Number;
  event.id_number = id;
}

}  // namespace

Lives::Lives(trace::TraceBuilder& builder) : builder_(builder), table_(std::random_device{}()) {}

Status Lives::alloc(RawEvent& event, std::uint64_t addr) {
  event.op = Op::Alloc;
  event.addr = addr;
  if (addr == 0) {
    event.id_kind = RawEvent::Id::None;
    event.ok = false;
    return builder_.append(event);
  }
  name(event);
  return builder_.append(event);
}

Status Lives::free(RawEvent& event, std::uint64_t addr) {
  event.op = Op::Free;
  event.size = 0;
  event.addr = addr;
  if (addr == 0) {
    event.id_kind = RawEvent::Id::Null;
  } else {
    name(event);
  }
  return builder_.append(event);
}

void Lives::name(RawEvent& event) {
  const std::uint64_t addr = event.addr, next = last_id_ + 1;
  std::uint64_t id = event.op == Op::Free ? table_.take(addr) : table_.find_or_put(addr, next);
  const bool known = id != AddressTable::kNoId && id != next;
  if (!known) id = last_id_ = next;
  // Of a free nothing else in the trace says which block was meant, where none is known.
  event.addr = event.op == Op::Free && known ? trace::kNoAddr : shown(addr);
  set_id(event, id);
}

Status Lives::realloc(RawEvent& event, std::uint64_t from, std::uint64_t to) {
  if (to == 0) return failed_realloc(event, from);
  std::uint64_t id = table_.take(from);
  if (id == AddressTable::kNoId) id = ++last_id_;
  if (const std::uint64_t other = table_.take(to); other != AddressTable::kNoId) {
    RawEvent end = event;
    end.op = Op::Free;
    end.size = 0;
    end.align.reset();
    end.addr = trace::kNoAddr;
    set_id(end, other);
    ++added_frees_;
    if (Status status = builder_.append(end); !status) return status;
  }
  table_.find_or_put(to, id);
  event.op = Op::Realloc;
  event.addr = shown(to);
  set_id(event, id);
  return builder_.append(event);
}

Status Lives::failed_realloc(RawEvent& event, std::uint64_t addr) {
  event.op = Op::Realloc;
  event.ok = false;
  event.addr = shown(addr);
  event.id_kind = RawEvent::Id::None;
  if (const std::uint64_t id = table_.find(addr); id != AddressTable::kNoId) set_id(event, id);
  return builder_.append(event);
}

void Lives::warn_of_added_frees() const {
  if (added_frees_ == 0) return;
  builder_.header().set_added_frees(added_frees_);
  builder_.warn(
      fmt::format("{} moved onto a live block, whose free was added", trace::count_text(added_frees_, "realloc")));
}

void Lives::forget() {
  table_ = AddressTable(std::random_device{}());
}

Status Lives::begin_anew(RawEvent& event) {
  if (table_.size() == 0) return trace::Done{};
  forget();
  event.op = Op::Reset;
  return builder_.append(event);
}

}  // namespace allocviz::import
