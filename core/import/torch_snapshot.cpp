#include "core/import/torch_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/scan.h"

namespace allocviz::import {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;
using trace::Trouble;

namespace {

constexpr std::size_t kMaxFrames = 16;           // as in heaptrack's logs
constexpr std::uint64_t kFreeFrames = 1u << 16;  // and so is what stacks may cost
constexpr std::uint64_t kBytesPerFrame = 8;
constexpr std::size_t kFewFrames = 4;
constexpr std::uint64_t kBlockBytes = 512;  // what the caching allocator aligns every block to
constexpr const char* kRecord = "record events with torch.cuda.memory._record_memory_history() before the snapshot";

// A device's events with what was there before them.
class Story {
 public:
  Story(trace::TraceBuilder& builder, const std::vector<std::uint32_t>& sites)
      : builder_(builder), lives_(builder), sites_(sites) {}

  // The blocks that were live when the record began: freed in it without an alloc, or live at its end without one.
  Status begin(const std::vector<TorchEntry>& entries, const std::vector<TorchBlock>& live_at_end) {
    std::set<std::uint64_t> seen;
    std::map<std::uint64_t, std::uint64_t> before;
    for (const TorchEntry& entry : entries) {
      const bool alloc = entry.action == TorchAction::Alloc;
      if (!alloc && entry.action != TorchAction::FreeCompleted) continue;
      if (seen.insert(entry.addr).second && !alloc && entry.size <= kMaxSize) before.emplace(entry.addr, entry.size);
    }
    for (const TorchBlock& block : live_at_end) {
      if (!seen.contains(block.addr)) before.emplace(block.addr, block.size);
    }
    for (const auto& [addr, size] : before) {
      RawEvent event;
      event.size = size;
      event.time_ns = 0;
      event.tag = "before the record";
      if (Status status = lives_.alloc(event, addr); !status) return status;
    }
    if (before.empty()) return trace::Done{};
    builder_.warn(fmt::format("{} blocks were live when the record began: they are allocated first, before the mark",
                              before.size()));
    return mark("the record begins", 0);
  }

  Status add(const TorchEntry& entry) {
    std::uint64_t clock_ns = 0;
    if (__builtin_mul_overflow(entry.time_us, std::uint64_t{1000}, &clock_ns)) clock_ns = ~std::uint64_t{0};
    RawEvent event;
    event.time_ns = time_.since_start(0, clock_ns);
    event.site = sites_[entry.stack];
    std::string tag;
    if (entry.stream != 0) tag = fmt::format("stream {}", entry.stream);
    event.tag = tag;
    event.size = entry.size;
    switch (entry.action) {
      case TorchAction::Alloc:
        return lives_.alloc(event, entry.addr);
      case TorchAction::FreeCompleted:
        return lives_.free(event, entry.addr);
      case TorchAction::Oom: {
        const std::string note = fmt::format("Out of memory: the device had {} free.", trace::size_text(entry.addr));
        event.note = note;
        return lives_.alloc(event, 0);
      }
      case TorchAction::Snapshot:
        return mark("snapshot", *event.time_ns);
      case TorchAction::FreeRequested:
      case TorchAction::NoEvent:
      case TorchAction::Unknown:
        break;
    }
    return trace::Done{};
  }

 private:
  Status mark(std::string_view name, std::uint64_t time_ns) {
    RawEvent event;
    event.op = Op::Mark;
    event.mark_name = name;
    event.time_ns = time_ns;
    return builder_.append(event);
  }

  trace::TraceBuilder& builder_;
  Lives lives_;
  const std::vector<std::uint32_t>& sites_;
  LogTime time_;
};

// How many say what the program asked for: what the caching allocator asked the driver for tells nothing of how busy a
// device was.
std::uint64_t events_in(const std::vector<TorchEntry>& entries) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(entries, [](const TorchEntry& entry) { return entry.action != TorchAction::NoEvent; }));
}

}  // namespace

TorchAction torch_action(std::string_view name) {
  if (name == "alloc") return TorchAction::Alloc;
  if (name == "free_requested") return TorchAction::FreeRequested;
  if (name == "free_completed") return TorchAction::FreeCompleted;
  if (name == "oom") return TorchAction::Oom;
  if (name == "snapshot") return TorchAction::Snapshot;
  if (name.starts_with("segment_") || name == "user_defined" || name == "workspace_snapshot")
    return TorchAction::NoEvent;
  return TorchAction::Unknown;
}

std::uint32_t TorchSnapshot::frame(std::string_view file, std::uint64_t line, std::string_view function) {
  file = file.substr(file.rfind('/') + 1);
  std::string text =
      clean_text(file.empty() || file == "??" ? std::string(function) : fmt::format("{}:{} {}", file, line, function));
  const auto [found, made] = frame_numbers_.try_emplace(text, static_cast<std::uint32_t>(frames_.size()));
  if (made) frames_.push_back(std::move(text));
  return found->second;
}

std::uint32_t TorchSnapshot::stack(std::span<const std::uint32_t> frames, std::uint64_t bytes_read) {
  if (frames.empty()) return 0;
  const bool within = frames_in_stacks_ <= kFreeFrames + bytes_read / kBytesPerFrame;
  std::vector<std::uint32_t> kept(
      frames.begin(),
      frames.begin() + static_cast<std::ptrdiff_t>(std::min(frames.size(), within ? kMaxFrames : kFewFrames)));
  if (kept.size() < frames.size()) kept.push_back(frame("", 0, "…"));
  std::uint64_t hash = 1;
  for (const std::uint32_t number : kept) hash = hash * 0x9e37'79b9'7f4a'7c15u + number;
  const auto [begin, end] = stack_numbers_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    if (stacks_[at->second - 1] == kept) return at->second;
  }
  frames_in_stacks_ += kept.size();
  stacks_.push_back(std::move(kept));
  stack_numbers_.emplace(hash, static_cast<std::uint32_t>(stacks_.size()));
  return static_cast<std::uint32_t>(stacks_.size());
}

void TorchSnapshot::add_segment(std::uint64_t device, std::uint64_t addr, std::span<TorchBlock> blocks) {
  for (TorchBlock& block : blocks) {
    if (block.addr == 0) block.addr = addr;
    if (addr != 0 && __builtin_add_overflow(addr, block.span, &addr)) addr = 0;
    add_block(device, block);
  }
}

void TorchSnapshot::add_block(std::uint64_t device, const TorchBlock& block) {
  Device& of = devices_[device];
  ++of.blocks_in_all;
  if (!block.live) return;
  if (block.addr == 0 || block.size > kMaxSize) return leave_out();
  of.blocks.push_back(block);
}

Result<Trace> TorchSnapshot::to_trace(std::string_view format, const std::string& file, bool cut,
                                      const ReadOptions& options) && {
  auto chosen = devices_.end();
  std::uint64_t most = 0;
  for (auto at = devices_.begin(); at != devices_.end(); ++at) {
    const std::uint64_t events = events_in(at->second.entries);
    if (options.process ? at->first == *options.process
                        : chosen == devices_.end() || events > most ||
                              (events == most && at->second.entries.size() > chosen->second.entries.size())) {
      chosen = at;
      most = events;
    }
  }
  if (chosen == devices_.end() && options.process) {
    return Trouble{fmt::format("there is no device {} in the snapshot", *options.process), trace::in_file(file),
                   fmt::format("it has {} of them", devices_.size())};
  }
  if (cut && (chosen == devices_.end() || chosen->second.entries.empty())) {
    return Trouble{"the snapshot is cut short before its first event", trace::in_file(file), "copy or save it again"};
  }
  if (chosen == devices_.end() || chosen->second.entries.empty()) {
    return Trouble{"the snapshot holds a state and no events (its device_traces are empty)", trace::in_file(file),
                   kRecord};
  }
  trace::TraceBuilder builder;
  builder.header().format = format;
  builder.set_default_align(kBlockBytes);
  Device& device = chosen->second;
  builder.header().about = fmt::format("PyTorch CUDA memory snapshot, device {}: {} live blocks at its end.",
                                       chosen->first, device.blocks.size());
  std::vector<std::uint32_t> sites{0};
  for (const auto& stack : stacks_) {
    trace::Site site;
    site.stack = true;
    for (const std::uint32_t number : stack) site.frames.push_back(frames_[number]);
    sites.push_back(builder.add_site(std::move(site)));
  }
  Story story(builder, sites);
  if (Status status = story.begin(device.entries, device.blocks); !status) return std::move(status).trouble();
  for (const TorchEntry& entry : device.entries) {
    if (entry.action == TorchAction::Unknown || entry.size > kMaxSize ||
        (entry.addr == 0 && (entry.action == TorchAction::Alloc || entry.action == TorchAction::FreeCompleted))) {
      ++left_out_;
      continue;
    }
    if (Status status = story.add(entry); !status) return std::move(status).trouble();
  }
  constexpr std::size_t kMostListed = 64;  // no machine has so many; what looks like a log may
  if (devices_.size() > 1 && devices_.size() <= kMostListed) {
    builder.header().process = chosen->first;
    for (const auto& [number, other] : devices_) builder.header().processes.push_back({number, other.entries.size()});
  }
  if (devices_.size() > 1 && !options.process) {
    std::uint64_t others = 0;
    for (const auto& [number, other] : devices_) others += number == chosen->first ? 0 : other.entries.size();
    if (others != 0) {
      builder.warn(
          fmt::format("the snapshot holds {} devices: device {} was read, {} entries of the others were left "
                      "out; --process, or Process in the File menu, chooses another",
                      devices_.size(), chosen->first, others));
    }
  }
  if (left_out_ != 0) builder.warn(fmt::format("{} entries are not of a form known here and were left out", left_out_));
  if (cut) builder.warn("the snapshot is cut short: the entries up to there were read");
  return std::move(builder).finish();
}

}  // namespace allocviz::import
