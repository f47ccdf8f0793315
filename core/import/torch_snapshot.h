// PyTorch's CUDA memory snapshot as its two readers (JSON, pickle) find it, and the trace made of it.
//
//   segments        what the caching allocator held at the end: blocks, live or not
//   device_traces   a ring of what happened, a list for each device: alloc, free_requested, free_completed, oom ...
//
//   time        |--- before the record ---|--- the ring ------------------------------|- the snapshot
//   block       live ..................... free_completed             an unknown free: it was live when the ring began
//   block       live .......................................................... live  in the segments, never in the
//   ring
//
// So the blocks that were live when the ring began are rebuilt from both ends and allocated first, in the order of
// their addresses; a mark stands where the record begins. A block lives from alloc to free_completed (until then its
// memory is in use by a stream); sizes are those asked for, the caching allocator rounds them up to 512 B. What the
// allocator gets from the driver (segment_alloc ...), and what the program noted (user_defined), is no event of ours.
// Source: torch/csrc/cuda/memory_snapshot.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/import/importer.h"
#include "core/trace/trace.h"

namespace allocviz::import {

enum class TorchAction : std::uint8_t { Alloc, FreeRequested, FreeCompleted, Oom, Snapshot, NoEvent, Unknown };
[[nodiscard]] TorchAction torch_action(std::string_view name);

struct TorchEntry {
  TorchAction action = TorchAction::Unknown;
  std::uint64_t addr = 0;  // of an oom: bytes the device had free
  std::uint64_t size = 0;  // bytes asked for
  std::uint64_t stream = 0;
  std::uint64_t time_us = 0;
  std::uint32_t stack = 0;  // from TorchSnapshot::stack
};

struct TorchBlock {
  std::uint64_t addr = 0;  // 0 where it is not said
  std::uint64_t size = 0;  // bytes asked for
  std::uint64_t span = 0;  // bytes it takes
  bool live = false;
};

class TorchSnapshot {
 public:
  // One frame of a stack; equal ones have equal numbers. O(length).
  std::uint32_t frame(std::string_view file, std::uint64_t line, std::string_view function);
  // A stack, innermost first; 0 for none. `bytes_read` of the input bounds what all stacks together may cost.
  std::uint32_t stack(std::span<const std::uint32_t> frames, std::uint64_t bytes_read);

  void add_entry(std::uint64_t device, const TorchEntry& entry) { devices_[device].entries.push_back(entry); }
  // The blocks of a segment lie one behind the other from its address on: older snapshots say nothing else of where.
  void add_segment(std::uint64_t device, std::uint64_t addr, std::span<TorchBlock> blocks);
  // What was not of the form expected.
  void leave_out() { ++left_out_; }
  [[nodiscard]] bool has_device(std::uint64_t device) const { return devices_.contains(device); }

  // The trace of one device. `cut` says that the file broke off. Trouble where there are no events.
  [[nodiscard]] trace::Result<trace::Trace> to_trace(std::string_view format, const std::string& file, bool cut,
                                                     const ReadOptions& options) &&;

 private:
  struct Device {
    std::vector<TorchEntry> entries;
    std::vector<TorchBlock> blocks;  // live ones only
    std::uint64_t blocks_in_all = 0;
  };

  void add_block(std::uint64_t device, const TorchBlock& block);

  std::map<std::uint64_t, Device> devices_;
  std::vector<std::string> frames_;
  std::unordered_map<std::string, std::uint32_t> frame_numbers_;
  std::vector<std::vector<std::uint32_t>> stacks_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> stack_numbers_;  // by hash
  std::uint64_t frames_in_stacks_ = 0, left_out_ = 0;
};

}  // namespace allocviz::import
