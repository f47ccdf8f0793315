// From the records of a process to the events of its trace: addresses become ids, the two halves of a realloc become
// one event.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/record/spool.h"
#include "core/trace/id_table.h"
#include "core/trace/trace.h"

namespace allocviz::record {

// Ids count from 1 and are not used again. Between a realloc's two records another thread may be handed the block's old
// place; then, and only then, the realloc is told as the free and the alloc that it was.
//   R1  no two blocks that the events call live share an address at which both were recorded.
//   R2  times do not decrease within a thread.
class SpoolEvents {
 public:
  using Sink = std::function<void(const trace::RawEvent&)>;
  explicit SpoolEvents(Sink sink) : sink_(std::move(sink)), places_(0x9e37'79b9'7f4a'7c15u) {}

  // A further image of the process begins: a mark with its name, and everything back to the start.
  void exec(const std::string& program, std::uint64_t time_ns);
  // `time_ns` since the process began, `site` as in trace::RawEvent. Frames and the like are passed over. Amortised
  // O(1).
  void add(const Record& record, std::uint64_t time_ns, std::uint32_t site);

 private:
  struct Block {
    std::uint64_t id = 0, addr = 0, size = 0;
  };
  struct Moving {  // a realloc whose end was not seen yet
    Block block;
    std::uint64_t time_ns = 0;
    std::uint32_t thread = 0;
    bool known = false;     // its block was seen
    bool released = false;  // its free was told already
  };

  void alloc(const Record& record, trace::RawEvent event);
  void free(const Record& record, trace::RawEvent event);
  void realloc_begins(const Record& record, std::uint64_t time_ns);
  void realloc_ends(const Record& record, trace::RawEvent event);
  void release_moving_from(std::uint64_t addr, std::uint64_t size);
  void emit(trace::RawEvent event);
  void put(const Block& block);
  bool take(std::uint64_t addr, Block& block);

  Sink sink_;
  trace::IdTable places_;  // address -> index into blocks_
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> spare_;  // indices of blocks_ that are free
  std::vector<Moving> moving_;
  std::vector<std::uint64_t> last_time_;  // by thread
  std::uint64_t last_id_ = 0;
};

}  // namespace allocviz::record
