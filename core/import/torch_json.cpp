// PyTorch's CUDA memory snapshot as JSON: what people get from json.dump of torch.cuda.memory._snapshot().
//
//   {"segments": [{"device": 0, "address": A, ..., "blocks": [{"address": A, "requested_size": N, "state": S}, ...]}],
//    "device_traces": [[{"action": "alloc", "addr": A, "size": N, "stream": 0, "time_us": T, "frames": [...]}, ...]]}
//
// Read as a stream of keys and values; nothing but the entry at hand is held. What it means: torch_snapshot.h.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/torch_snapshot.h"
#include "core/trace/json_parse.h"

namespace allocviz::import {
namespace torch_json {
namespace {

using trace::Result;
using trace::Trace;
using trace::Trouble;

constexpr std::size_t kMaxDepth = 64;

// Where in the snapshot the parser stands.
enum class In : std::uint8_t {
  Root,
  Segments,
  Segment,
  Blocks,
  Block,
  History,  // of a block, in snapshots of PyTorch 2.0 and before: who allocated it, and how much was asked for
  Life,
  Devices,
  Device,
  Entry,
  Frames,
  Frame,
  Other,
};

class Events final : public trace::JsonEvents {
 public:
  Events(TorchSnapshot& snapshot, trace::JsonFeed& feed) : snapshot_(snapshot), feed_(feed) {}

  bool null() override { return done(); }
  bool boolean(bool /*value*/) override { return done(); }
  bool number(std::uint64_t value) override;
  bool negative(std::int64_t /*value*/) override { return number(0); }
  bool real(double value, std::string_view /*text*/) override {
    return number(value > 0 && value < 1e18 ? static_cast<std::uint64_t>(value) : 0);
  }
  bool string(std::string& text) override;
  bool open(bool is_object) override { return open(is_object ? object_inside() : array_inside()); }
  bool key(std::string& name) override {
    key_ = std::move(name);
    return done();
  }
  bool close() override;
  void broken(std::string_view /*message*/) override {}

  [[nodiscard]] bool too_deep() const { return too_deep_; }

 private:
  [[nodiscard]] In here() const { return path_.empty() ? In::Other : path_.back(); }
  bool done() {
    feed_.value_done();
    return true;
  }
  [[nodiscard]] In object_inside() const {
    if (path_.empty()) return In::Root;
    switch (here()) {
      case In::History:
        return In::Life;
      case In::Segments:
        return In::Segment;
      case In::Blocks:
        return In::Block;
      case In::Device:
        return In::Entry;
      case In::Frames:
        return In::Frame;
      default:
        return In::Other;
    }
  }
  [[nodiscard]] In array_inside() const {
    if (path_.empty()) return In::Segments;  // torch.cuda.memory_snapshot(): segments alone
    const In in = here();
    if (in == In::Block && key_ == "history") return In::History;
    if (in == In::Root && key_ == "segments") return In::Segments;
    if (in == In::Root && key_ == "device_traces") return In::Devices;
    if (in == In::Devices) return In::Device;
    if (in == In::Segment && key_ == "blocks") return In::Blocks;
    if (in == In::Entry && key_ == "frames") return In::Frames;
    return In::Other;
  }
  bool open(In inside);

  TorchSnapshot& snapshot_;
  trace::JsonFeed& feed_;
  std::vector<In> path_;
  std::string key_;
  bool too_deep_ = false;

  std::uint64_t device_ = 0;  // of the segment or the list of entries at hand
  std::uint64_t devices_ = 0;
  std::uint64_t segment_addr_ = 0;
  TorchBlock block_;
  std::vector<TorchBlock> blocks_;  // of the segment at hand, whose device may be said behind them
  TorchEntry entry_;
  bool requested_ = false;
  std::vector<std::uint32_t> frames_;
  std::string file_, function_;
  std::uint64_t line_ = 0;
};

bool Events::open(In inside) {
  if (path_.size() == kMaxDepth) {
    too_deep_ = true;
    return false;
  }
  path_.push_back(inside);
  switch (inside) {
    case In::Segment:
      device_ = 0;
      segment_addr_ = 0;
      blocks_.clear();
      break;
    case In::Block:
      block_ = {};
      requested_ = false;
      break;
    case In::Device:
      device_ = devices_++;
      break;
    case In::Entry:
      entry_ = {};
      frames_.clear();
      break;
    case In::Frame:
      file_.clear();
      function_.clear();
      line_ = 0;
      break;
    default:
      break;
  }
  return done();
}

bool Events::close() {
  const In in = here();
  path_.pop_back();
  switch (in) {
    case In::Block:
      blocks_.push_back(block_);
      break;
    case In::Segment:
      snapshot_.add_segment(device_, segment_addr_, blocks_);
      break;
    case In::Frame:
      frames_.push_back(snapshot_.frame(file_, line_, function_));
      break;
    case In::Entry:
      entry_.stack = snapshot_.stack(frames_, feed_.bytes_read());
      snapshot_.add_entry(device_, entry_);
      break;
    default:
      break;
  }
  return done();
}

bool Events::number(std::uint64_t value) {
  const In in = here();
  if (in == In::Entry) {
    if (key_ == "addr" || key_ == "device_free") entry_.addr = value;
    if (key_ == "size") entry_.size = value;
    if (key_ == "stream") entry_.stream = value;
    if (key_ == "time_us") entry_.time_us = value;
  } else if (in == In::Block) {
    if (key_ == "address") block_.addr = value;
    if (key_ == "size") block_.span = value;
    if (key_ == "size" && !requested_) block_.size = value;
    if (key_ == "requested_size") block_.size = value, requested_ = true;
  } else if (in == In::Life && !requested_) {
    if (key_ == "real_size") block_.size = value, requested_ = true;
  } else if (in == In::Segment) {
    if (key_ == "device") device_ = value;
    if (key_ == "address") segment_addr_ = value;
  } else if (in == In::Frame && key_ == "line") {
    line_ = value;
  }
  return done();
}

bool Events::string(std::string& text) {
  const In in = here();
  if (in == In::Entry && key_ == "action") entry_.action = torch_action(text);
  if (in == In::Block && key_ == "state") block_.live = text.starts_with("active");
  if (in == In::Frame && key_ == "filename") file_ = std::move(text);
  if (in == In::Frame && key_ == "name") function_ = std::move(text);
  return done();
}

// The names of a snapshot stand in its first segment; its traces may come much later.
int recognise(std::string_view head) {
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (head[first] != '{' && head[first] != '[')) return 0;
  const auto has = [&](std::string_view name) { return head.find(name) != std::string_view::npos; };
  if (has("\"allocviz-trace\"")) return 0;
  if (head[first] == '{' && has("\"device_traces\"")) return 95;
  return (head[first] == '[' || has("\"segments\"")) && has("\"total_size\"") && has("\"blocks\"") ? 90 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options) {
  TorchSnapshot snapshot;
  trace::JsonFeed feed(lines, progress);
  Events events(snapshot, feed);
  const bool whole = trace::parse_json(feed, events);
  if (feed.trouble()) return *feed.trouble();
  trace::Place place;
  place.file = lines.source().name();
  place.byte = feed.bytes_read();
  if (events.too_deep()) {
    return Trouble{fmt::format("brackets are nested deeper than {}", kMaxDepth), place, "no snapshot goes that deep"};
  }
  const bool cut = (!whole && feed.asked_past_end()) || lines.source().cut_short();
  if (!whole && !cut) return Trouble{"the JSON is broken here", place, "write the snapshot again"};
  if (progress.report) progress.report(1.0);
  return std::move(snapshot).to_trace(kTorchJson.format, place.file, cut, options);
}

}  // namespace
}  // namespace torch_json

constinit const Importer kTorchJson{"torch-json", "PyTorch CUDA memory snapshot (JSON)", torch_json::recognise,
                                    torch_json::read, true};

}  // namespace allocviz::import
