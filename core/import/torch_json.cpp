// PyTorch's CUDA memory snapshot as JSON: what people get from json.dump of torch.cuda.memory._snapshot().
//
//   {"segments": [{"device": 0, "address": A, ..., "blocks": [{"address": A, "requested_size": N, "state": S}, ...]}],
//    "device_traces": [[{"action": "alloc", "addr": A, "size": N, "stream": 0, "time_us": T, "frames": [...]}, ...]]}
//
// Read as a stream of keys and values; nothing but the entry at hand is held. What it means: torch_snapshot.h.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/torch_snapshot.h"

namespace allocviz::import {
namespace {

using trace::Result;
using trace::Trace;
using trace::Trouble;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxTokenBytes = std::size_t{16} << 20;

// The characters of the input, one chunk after the other, for the parser.
class Feed {
 public:
  Feed(trace::LineReader& lines, const trace::Progress& progress) : lines_(lines), progress_(progress) {}

  [[nodiscard]] bool more() { return at_ != end_ || refill(); }
  [[nodiscard]] char get() const { return *at_; }
  void next() { ++at_; }
  // A value has been understood: from here on a new one may grow.
  void value_done() { since_value_ = 0; }

  [[nodiscard]] std::uint64_t bytes_read() const { return before_ + static_cast<std::uint64_t>(at_ - begin_); }
  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] const std::optional<Trouble>& trouble() const { return trouble_; }

 private:
  bool refill() {
    if (at_end_ || trouble_) return false;
    const auto used = static_cast<std::size_t>(at_ - begin_);
    before_ += used;
    lines_.consume(used);
    begin_ = at_ = end_ = nullptr;
    since_value_ += used;
    if (since_value_ > kMaxTokenBytes) {
      trouble_ = Trouble{fmt::format("one value goes on for more than {}", trace::size_text(kMaxTokenBytes)), here(),
                         "this is hardly a snapshot; check what it is"};
      return false;
    }
    if (progress_.report) progress_.report(lines_.source().fraction_read());
    if (progress_.stop()) trouble_ = Trouble{"reading was cancelled", here(), ""};
    if (trouble_) return false;
    const auto chunk = lines_.chunk();
    if (!chunk) trouble_ = chunk.trouble();
    at_end_ = !chunk || chunk->empty();
    if (at_end_) return false;
    begin_ = at_ = chunk->data();
    end_ = at_ + chunk->size();
    return true;
  }

  [[nodiscard]] trace::Place here() const {
    trace::Place place;
    place.file = lines_.source().name();
    place.byte = bytes_read();
    return place;
  }

  trace::LineReader& lines_;
  const trace::Progress& progress_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t before_ = 0;
  std::size_t since_value_ = 0;
  bool at_end_ = false;
  std::optional<Trouble> trouble_;
};

struct FeedIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  Feed* feed = nullptr;  // nullptr: the end
  char operator*() const { return feed->get(); }
  FeedIterator& operator++() {
    feed->next();
    return *this;
  }
  FeedIterator operator++(int) {
    feed->next();
    return *this;
  }
  bool operator==(const FeedIterator&) const { return !feed->more(); }
  bool operator!=(const FeedIterator&) const { return feed->more(); }
};

// Where in the snapshot the parser stands.
enum class In : std::uint8_t {
  Root,
  Segments,
  Segment,
  Blocks,
  Block,
  Devices,
  Device,
  Entry,
  Frames,
  Frame,
  Other,
};

class Sax final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Sax(TorchSnapshot& snapshot, Feed& feed) : snapshot_(snapshot), feed_(feed) {}

  bool null() override { return done(); }
  bool boolean(bool /*value*/) override { return done(); }
  bool number_unsigned(number_unsigned_t value) override { return number(value); }
  bool number_integer(number_integer_t value) override {
    return number(value < 0 ? 0 : static_cast<std::uint64_t>(value));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return number(value > 0 && value < 1e18 ? static_cast<std::uint64_t>(value) : 0);
  }
  bool string(string_t& text) override;
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(object_inside()); }
  bool start_array(std::size_t /*size*/) override { return open(array_inside()); }
  bool key(string_t& name) override {
    key_ = name;
    return done();
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/, const nlohmann::json::exception& /*e*/) override {
    broken_ = true;
    return false;
  }

  [[nodiscard]] bool broken() const { return broken_; }
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
    const In in = here();
    if (in == In::Root && key_ == "segments") return In::Segments;
    if (in == In::Root && key_ == "device_traces") return In::Devices;
    if (in == In::Devices) return In::Device;
    if (in == In::Segment && key_ == "blocks") return In::Blocks;
    if (in == In::Entry && key_ == "frames") return In::Frames;
    return In::Other;
  }
  bool open(In inside);
  bool close();
  bool number(std::uint64_t value);

  TorchSnapshot& snapshot_;
  Feed& feed_;
  std::vector<In> path_;
  std::string key_;
  bool broken_ = false, too_deep_ = false;

  std::uint64_t device_ = 0;  // of the segment or the list of entries at hand
  std::uint64_t devices_ = 0;
  TorchBlock block_;
  std::vector<TorchBlock> blocks_;  // of the segment at hand, whose device may be said behind them
  TorchEntry entry_;
  bool requested_ = false;
  std::vector<std::uint32_t> frames_;
  std::string file_, function_;
  std::uint64_t line_ = 0;
};

bool Sax::open(In inside) {
  if (path_.size() == kMaxDepth) {
    too_deep_ = true;
    return false;
  }
  path_.push_back(inside);
  switch (inside) {
    case In::Segment:
      device_ = 0;
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

bool Sax::close() {
  const In in = here();
  path_.pop_back();
  switch (in) {
    case In::Block:
      blocks_.push_back(block_);
      break;
    case In::Segment:
      for (const TorchBlock& block : blocks_) snapshot_.add_block(device_, block);
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

bool Sax::number(std::uint64_t value) {
  const In in = here();
  if (in == In::Entry) {
    if (key_ == "addr" || key_ == "device_free") entry_.addr = value;
    if (key_ == "size") entry_.size = value;
    if (key_ == "stream") entry_.stream = value;
    if (key_ == "time_us") entry_.time_us = value;
  } else if (in == In::Block) {
    if (key_ == "address") block_.addr = value;
    if (key_ == "size" && !requested_) block_.size = value;
    if (key_ == "requested_size") block_.size = value, requested_ = true;
  } else if (in == In::Segment && key_ == "device") {
    device_ = value;
  } else if (in == In::Frame && key_ == "line") {
    line_ = value;
  }
  return done();
}

bool Sax::string(string_t& text) {
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
  if (first == std::string_view::npos || head[first] != '{') return 0;
  const auto has = [&](std::string_view name) { return head.find(name) != std::string_view::npos; };
  if (has("\"allocviz-trace\"")) return 0;
  if (has("\"device_traces\"")) return 95;
  return has("\"segments\"") && has("\"total_size\"") && has("\"blocks\"") ? 90 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& options) {
  TorchSnapshot snapshot;
  Feed feed(lines, progress);
  Sax sax(snapshot, feed);
  const FeedIterator begin{&feed}, end;
  const bool whole = nlohmann::json::sax_parse(begin, end, &sax, nlohmann::json::input_format_t::json, false);
  if (feed.trouble()) return *feed.trouble();
  trace::Place place;
  place.file = lines.source().name();
  place.byte = feed.bytes_read();
  if (sax.too_deep()) {
    return Trouble{fmt::format("brackets are nested deeper than {}", kMaxDepth), place, "no snapshot goes that deep"};
  }
  const bool cut = (!whole && feed.at_end()) || lines.source().cut_short();
  if (!whole && !cut) return Trouble{"the JSON is broken here", place, "write the snapshot again"};
  if (progress.report) progress.report(1.0);
  return std::move(snapshot).to_trace(kTorchJson.format, place.file, cut, options);
}

}  // namespace

constinit const Importer kTorchJson{"torch-json", "PyTorch CUDA memory snapshot (JSON)", recognise, read, true};

}  // namespace allocviz::import
