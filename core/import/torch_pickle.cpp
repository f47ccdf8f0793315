// PyTorch's CUDA memory snapshot as it is saved: torch.cuda.memory._dump_snapshot() pickles plain dicts and lists.
//
// The pickle is read by pickle.cpp, which executes nothing. Its entries are taken as they are appended to their lists,
// a list for each device; which device a list is of is known when the dict around them is whole, or from the stack
// where the file broke off. What it means: torch_snapshot.h.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/pickle.h"
#include "core/import/torch_snapshot.h"

namespace allocviz::import {
namespace torch_pickle {
namespace {

using trace::Result;
using trace::Trace;
using trace::Trouble;
using Kind = PickleValue::Kind;

class SnapshotPickle {
 public:
  SnapshotPickle(trace::LineReader& lines, const trace::Progress& progress)
      : file_(lines.source().name()),
        source_(lines.source()),
        pickle_(lines, progress, [this](std::uint64_t list, const PickleValue& item) { return take(list, item); }) {}

  Result<Trace> read(const ReadOptions& options) {
    auto root = pickle_.read();
    if (!root) return std::move(root).trouble();
    if (!*root) salvage();
    const bool is_snapshot = *root ? saw_segment_ || pickle_.find(**root, "segments") != nullptr ||
                                         pickle_.find(**root, "device_traces") != nullptr
                                   : !entries_.empty();
    if (!is_snapshot) {
      trace::Place place;
      place.file = file_;
      if (!*root) return Trouble{"the pickle is cut short before its first event", place, "copy or save it again"};
      return Trouble{"it is a pickle, but no PyTorch memory snapshot", place,
                     "save one with torch.cuda.memory._dump_snapshot()"};
    }
    name_devices(*root);
    return std::move(snapshot_).to_trace(kTorchPickle.format, file_, !*root || source_.cut_short(), options);
  }

 private:
  bool take(std::uint64_t list, const PickleValue& item) {
    if (item.kind != Kind::Dict) return false;
    if (const PickleValue* action = pickle_.find(item, "action")) {
      entries_[list].push_back(entry_of(item, *action));
      return true;
    }
    if (const PickleValue* blocks = pickle_.find(item, "blocks"); blocks != nullptr && blocks->kind == Kind::List) {
      add_segment(item, *blocks);
      return true;
    }
    return false;
  }

  [[nodiscard]] std::uint64_t number(const PickleValue& dict, std::string_view key) const {
    const PickleValue* const value = pickle_.find(dict, key);
    const bool is_number = value != nullptr && (value->kind == Kind::Int || value->kind == Kind::Float);
    return is_number ? value->number : 0;
  }

  TorchEntry entry_of(const PickleValue& dict, const PickleValue& action) {
    TorchEntry entry;
    entry.action = torch_action(pickle_.text(action));
    entry.addr = number(dict, entry.action == TorchAction::Oom ? "device_free" : "addr");
    entry.size = number(dict, "size");
    entry.stream = number(dict, "stream");
    entry.time_us = number(dict, "time_us");
    const PickleValue* const frames = pickle_.find(dict, "frames");
    if (frames != nullptr && frames->kind == Kind::List) entry.stack = stack_of(*frames);
    return entry;
  }

  // A stack is worth its number only: its list is forgotten once it was seen, and known again where it is used twice.
  // The dicts of frames are shared among the stacks of a snapshot: each is put into words once.
  std::uint32_t stack_of(const PickleValue& frames) {
    if (frames.number >= stack_of_list_.size()) stack_of_list_.resize(frames.number + 1, kNotSeen);
    if (stack_of_list_[frames.number] != kNotSeen) return stack_of_list_[frames.number];
    stack_.clear();
    for (const PickleValue& frame : pickle_.items(frames)) {
      if (frame.kind != Kind::Dict || stack_.size() == kMostFrames) continue;
      const auto [known, made] = frames_.try_emplace(frame.number, 0u);
      if (made) known->second = frame_of(frame);
      stack_.push_back(known->second);
    }
    pickle_.forget(frames);
    const std::uint32_t stack = snapshot_.stack(stack_, pickle_.bytes_read());
    stack_of_list_[frames.number] = stack;
    return stack;
  }

  std::uint32_t frame_of(const PickleValue& frame) {
    const PickleValue* const file = pickle_.find(frame, "filename");
    const PickleValue* const name = pickle_.find(frame, "name");
    return snapshot_.frame(file ? pickle_.text(*file) : "", number(frame, "line"), name ? pickle_.text(*name) : "");
  }

  void add_segment(const PickleValue& segment, const PickleValue& blocks) {
    saw_segment_ = true;
    blocks_.clear();
    for (const PickleValue& item : pickle_.items(blocks)) {
      if (item.kind != Kind::Dict) {
        snapshot_.leave_out();
        continue;
      }
      const PickleValue* const state = pickle_.find(item, "state");
      blocks_.push_back({number(item, "address"), requested_size(item), number(item, "size"),
                         state != nullptr && pickle_.text(*state).starts_with("active")});
    }
    snapshot_.add_segment(number(segment, "device"), number(segment, "address"), blocks_);
  }

  // PyTorch 2.0 and before keep it in a list of who allocated the block.
  [[nodiscard]] std::uint64_t requested_size(const PickleValue& block) const {
    if (pickle_.find(block, "requested_size") != nullptr) return number(block, "requested_size");
    const PickleValue* const history = pickle_.find(block, "history");
    if (history != nullptr && history->kind == Kind::List && !pickle_.items(*history).empty()) {
      const PickleValue& life = pickle_.items(*history).front();
      if (life.kind == Kind::Dict && pickle_.find(life, "real_size") != nullptr) return number(life, "real_size");
    }
    return number(block, "size");
  }

  // What stands on the stack of a pickle that broke off: entries above the list they would have been appended to.
  void salvage() {
    std::optional<std::uint64_t> list;
    for (const PickleValue& value : pickle_.stack()) {
      if (value.kind == Kind::List) list = value.number;
      if (value.kind == Kind::Dict && list) take(*list, value);
    }
  }

  // Device n is the n-th list of device_traces; of one that broke off those lists that stand behind it on the stack
  // too.
  void name_devices(const std::optional<PickleValue>& root) {
    const auto& stack = pickle_.stack();
    std::vector<std::uint64_t> lists;
    const auto add = [&](const PickleValue& v) { lists.push_back(v.kind == Kind::List ? v.number : kNoList); };
    const PickleValue* traces = !stack.empty() ? pickle_.find(root.value_or(stack.front()), "device_traces") : nullptr;
    std::size_t behind = stack.size();
    for (std::size_t i = 0; traces == nullptr && i + 1 < stack.size(); ++i) {
      if (pickle_.text(stack[i]) != "device_traces") continue;
      traces = &stack[i + 1];
      behind = i + 2;
    }
    if (traces != nullptr && traces->kind == Kind::List) {
      for (const PickleValue& item : pickle_.items(*traces)) add(item);
    }
    for (; behind < stack.size(); ++behind) {
      if (stack[behind].kind == Kind::List) add(stack[behind]);
    }
    for (std::size_t device = 0; device < lists.size(); ++device) {
      const auto found = entries_.find(lists[device]);
      if (found == entries_.end()) continue;
      for (const TorchEntry& entry : found->second) snapshot_.add_entry(device, entry);
      entries_.erase(found);
    }
    for (const auto& [list, entries] : entries_) {  // of no list of device_traces
      for (std::size_t i = 0; i < entries.size(); ++i) snapshot_.leave_out();
    }
  }

  static constexpr std::size_t kMostFrames = 64;
  static constexpr std::uint32_t kNotSeen = 0xffff'ffffu;
  static constexpr std::uint64_t kNoList = ~std::uint64_t{0};

  std::string file_;
  const trace::ByteSource& source_;
  PickleReader pickle_;
  TorchSnapshot snapshot_;
  bool saw_segment_ = false;
  std::vector<TorchBlock> blocks_;                            // of the segment at hand
  std::map<std::uint64_t, std::vector<TorchEntry>> entries_;  // by list
  std::map<std::uint64_t, std::uint32_t> frames_;             // by dict
  std::vector<std::uint32_t> stack_of_list_;
  std::vector<std::uint32_t> stack_;
};

// Any pickle of protocol 2 or later: what it holds is found out by reading it.
int recognise(std::string_view head) {
  if (head.size() < 3 || head[0] != '\x80' || head[1] < 2 || head[1] > 5) return 0;
  return head.find("device_traces") != std::string_view::npos || head.find("total_size") != std::string_view::npos ? 95
                                                                                                                   : 30;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options) {
  return SnapshotPickle(lines, progress).read(options);
}

}  // namespace
}  // namespace torch_pickle

constinit const Importer kTorchPickle{"torch-pickle", "PyTorch CUDA memory snapshot (pickle)", torch_pickle::recognise,
                                      torch_pickle::read, true};

}  // namespace allocviz::import
