#include "core/record/spool_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace allocviz::record {
namespace {

constexpr std::uint64_t kLargestSize = (std::uint64_t{1} << 63) - 1;

std::uint64_t end_of(std::uint64_t addr, std::uint64_t size) {
  return addr + std::max<std::uint64_t>(size, 1);
}

}  // namespace

void SpoolEvents::exec(const std::string& program, std::uint64_t time_ns) {
  places_ = trace::IdTable(0x9e37'79b9'7f4a'7c15u);
  blocks_.clear();
  spare_.clear();
  moving_.clear();
  const std::string name = "exec " + program;
  trace::RawEvent event;
  event.op = trace::Op::Mark;
  event.mark_name = name;
  event.time_ns = time_ns;
  sink_(event);
  event.op = trace::Op::Reset;
  event.mark_name = {};
  sink_(event);
}

void SpoolEvents::add(const Record& record, std::uint64_t time_ns, std::uint32_t site) {
  const Kind kind = kind_of(record.what);
  trace::RawEvent event;
  event.size = std::min(record.size, kLargestSize);
  event.time_ns = time_ns;
  event.thread = thread_of(record.what);
  event.site = site;
  if (kind == Kind::Alloc) {
    alloc(record, event);
  } else if (kind == Kind::Free) {
    free(record, event);
  } else if (kind == Kind::ReallocBegin) {
    realloc_begins(record, time_ns);
  } else if (kind == Kind::ReallocEnd) {
    realloc_ends(record, event);
  }
}

void SpoolEvents::alloc(const Record& record, trace::RawEvent event) {
  event.op = trace::Op::Alloc;
  const unsigned align_log2 = align_log2_of(record.what);
  if (align_log2 != 0) event.align = std::uint64_t{1} << align_log2;
  event.ok = record.value != 0;
  if (event.ok) {
    release_moving_from(record.value, event.size);
    Block block{0, record.value, event.size};
    Block missed;  // a block whose free went past us: the alloc of a live id frees it
    block.id = take(record.value, missed) ? missed.id : ++last_id_;
    put(block);
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = block.id;
    event.addr = record.value;
  }
  emit(event);
}

void SpoolEvents::free(const Record& record, trace::RawEvent event) {
  event.op = trace::Op::Free;
  event.size = 0;
  Block block;
  std::string name;
  if (record.value == 0) {
    event.id_kind = trace::RawEvent::Id::Null;
  } else if (take(record.value, block)) {
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = block.id;
  } else {
    // From before the recording, or of the process this one was forked from.
    name = fmt::format("0x{:x}", record.value);
    event.id_kind = trace::RawEvent::Id::Name;
    event.id_name = name;
  }
  emit(event);
}

void SpoolEvents::realloc_begins(const Record& record, std::uint64_t time_ns) {
  Moving moving;
  moving.known = take(record.value, moving.block);
  moving.time_ns = time_ns;
  moving.thread = thread_of(record.what);
  moving_.push_back(moving);
}

void SpoolEvents::realloc_ends(const Record& record, trace::RawEvent event) {
  const auto begun = std::find_if(moving_.rbegin(), moving_.rend(),
                                  [&](const Moving& moving) { return moving.thread == thread_of(record.what); });
  if (begun == moving_.rend()) return alloc(record, event);
  const Moving moving = *begun;
  moving_.erase(std::next(begun).base());

  event.op = trace::Op::Realloc;
  event.id_kind = trace::RawEvent::Id::Number;
  event.id_number = moving.block.id;
  if (record.value == 0 && record.size != 0) {  // refused: the block is where it was
    if (moving.known) put(moving.block);
    if (!moving.known) event.id_kind = trace::RawEvent::Id::None;
    event.ok = false;
    return emit(event);
  }
  if (record.value == 0) {  // realloc to nothing is free
    event.op = trace::Op::Free;
    event.site = 0;
    if (moving.known && !moving.released) emit(event);
    return;
  }
  release_moving_from(record.value, event.size);
  if (!moving.known || moving.released) event.id_number = ++last_id_;
  if (moving.released) event.op = trace::Op::Alloc;
  if (Block missed; take(record.value, missed)) {
    trace::RawEvent freed = event;
    freed.op = trace::Op::Free;
    freed.id_number = missed.id;
    freed.size = freed.site = 0;
    emit(freed);
  }
  event.addr = record.value;
  put({event.id_number, record.value, event.size});
  emit(event);
}

// Whoever is handed memory of a block that is being moved tells that the block is gone from there.
void SpoolEvents::release_moving_from(std::uint64_t addr, std::uint64_t size) {
  for (Moving& moving : moving_) {
    const Block& block = moving.block;
    if (!moving.known || moving.released) continue;
    if (addr >= end_of(block.addr, block.size) || block.addr >= end_of(addr, size)) continue;
    trace::RawEvent event;
    event.op = trace::Op::Free;
    event.id_kind = trace::RawEvent::Id::Number;
    event.id_number = block.id;
    event.time_ns = moving.time_ns;
    event.thread = moving.thread;
    moving.released = true;
    emit(event);
  }
}

// A signal's handler may take its place in the log between a thread's look at the clock and its place: R2.
void SpoolEvents::emit(trace::RawEvent event) {
  const auto thread = static_cast<std::size_t>(*event.thread);
  if (thread >= last_time_.size()) last_time_.resize(thread + 1);
  last_time_[thread] = std::max(last_time_[thread], *event.time_ns);
  event.time_ns = last_time_[thread];
  sink_(event);
}

void SpoolEvents::put(const Block& block) {
  if (spare_.empty()) {
    spare_.push_back(static_cast<std::uint32_t>(blocks_.size()));
    blocks_.emplace_back();
  }
  blocks_[spare_.back()] = block;
  places_.insert(block.addr, spare_.back());
  spare_.pop_back();
}

bool SpoolEvents::take(std::uint64_t addr, Block& block) {
  const std::uint32_t place = places_.remove(addr);
  if (place == trace::IdTable::kNone) return false;
  block = blocks_[place];
  spare_.push_back(place);
  return true;
}

}  // namespace allocviz::record
