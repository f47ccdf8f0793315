// From addresses to lives: each life of a block gets a serial number as its id (1, 2, 3 ...), the address stays beside
// it. A converted log so reads back with the same facts, wherever its program reused an address.
//
//   log    + 0x10   + 0x20   - 0x10   + 0x10   - 0x99
//   id     1        2        1        3        4 (never allocated: an unknown free)
//
// The same rules for every format that names blocks by address:
// - alloc at an address where a block lives keeps that block's id: its free is not in the log (implicit free).
// - realloc keeps the id and moves the address; of an address not known it starts a life, as realloc(NULL) does.
// - realloc onto another block's address: that block's free is not in the log, so one is added before the realloc.
// - free of an address not known has an id of its own that nothing else has.
#pragma once

#include <cstdint>

#include "core/import/address_table.h"
#include "core/trace/trace.h"

namespace allocviz::import {

class Lives {
 public:
  explicit Lives(trace::TraceBuilder& builder);

  // Each completes `event` (whose size, site, time, thread and alignment the caller has filled in) with op, id and
  // address, and appends it. An address of 0 is the null pointer: alloc then failed, free does nothing.
  trace::Status alloc(trace::RawEvent& event, std::uint64_t addr);
  trace::Status free(trace::RawEvent& event, std::uint64_t addr);
  trace::Status realloc(trace::RawEvent& event, std::uint64_t from, std::uint64_t to);
  // A realloc that was refused: the block at addr stays as it is.
  trace::Status failed_realloc(trace::RawEvent& event, std::uint64_t addr);

  // Another program begins, whose blocks have nothing to do with those before: a reset, where any of them live.
  trace::Status begin_anew(trace::RawEvent& event);

  // No block lives any more; what says so is for the caller to append.
  void forget();

  // From here on the numbers only tell blocks apart and are no addresses: the trace does not show them.
  void hide_addresses() { shown_ = false; }

  // What alloc() and free() make of an event, here an Alloc or a Free whose address is there and is not 0; who has many
  // names them all and appends them then. An event at addr that is to come soon finds its block nearer.
  void name(trace::RawEvent& event);
  void prefetch(std::uint64_t addr) const { table_.prefetch(addr); }

  [[nodiscard]] bool lives_at(std::uint64_t addr) const { return table_.find(addr) != AddressTable::kNoId; }

  // How many frees were added because a realloc landed on a block still live in the log.
  [[nodiscard]] std::uint64_t added_frees() const { return added_frees_; }
  // Those are events that the log has not: a warning says so, once all are appended.
  void warn_of_added_frees() const;

 private:
  [[nodiscard]] std::uint64_t shown(std::uint64_t addr) const { return shown_ ? addr : trace::kNoAddr; }

  trace::TraceBuilder& builder_;
  AddressTable table_;
  bool shown_ = true;
  std::uint64_t last_id_ = 0;
  std::uint64_t added_frees_ = 0;
};

}  // namespace allocviz::import
