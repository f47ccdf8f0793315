// Recordings of the Vulkan Memory Allocator, which its versions before 3.0 wrote (VmaRecordSettings).
//
//   Vulkan Memory Allocator,Calls recording
//   1,8                                             version, 1,0 to 1,8
//   Config,Begin ... Config,End                     from 1,3 on; of the device
//   8644,0.302,0,vmaCreateBuffer,0,4194304,1,0,36,3,0,0,0,0000000000000000,0000000007F66FE8,example_texture_1
//   8644,0.388,0,vmaDestroyBuffer,0000000007F66FE8
//
// Thread, seconds since the first call, frame, function, its arguments; pointers are hex, lists of them have blanks
// between. The last argument is the user's own text and may hold commas. A block is known by its handle, which says
// nothing of where it lies. An image has no size in here, and what the driver made of it cannot be told: images are
// counted and left out. Format: the library's docs/Recording file format.md.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "core/import/address_table.h"
#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace vma {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;
using trace::Trouble;

constexpr std::string_view kTitle = "Vulkan Memory Allocator recording";
constexpr std::string_view kFirstLine = "Vulkan Memory Allocator,Calls recording";
constexpr std::uint64_t kNewestMinor = 8;
constexpr std::uint64_t kUserDataIsText = 0x20;  // VMA_ALLOCATION_CREATE_USER_DATA_COPY_STRING_BIT

enum class Does : std::uint8_t { Alloc, Pages, Sizeless, Free, FreePages, Resize, LosesBlocks, Nothing };

constexpr std::size_t kNone = ~std::size_t{0};

// Which argument of a call is which. The user's own text follows the handle.
struct Call {
  std::string_view name;
  Does does = Does::Nothing;
  std::size_t handle = 0;
  std::size_t size = kNone, align = kNone, flags = kNone, pool = kNone;
};

constexpr Call kCalls[] = {
    {"vmaCreateBuffer", Does::Alloc, 10, 1, kNone, 4, 9},
    {"vmaDestroyBuffer", Does::Free},
    {"vmaCreateImage", Does::Sizeless, 19},
    {"vmaDestroyImage", Does::Free},
    {"vmaAllocateMemory", Does::Alloc, 9, 0, 1, 3, 8},
    {"vmaAllocateMemoryPages", Does::Pages, 9, 0, 1, 3, 8},
    {"vmaAllocateMemoryForBuffer", Does::Alloc, 11, 0, 1, 5, 10},
    {"vmaAllocateMemoryForImage", Does::Alloc, 11, 0, 1, 5, 10},
    {"vmaFreeMemory", Does::Free},
    {"vmaFreeMemoryPages", Does::FreePages},
    {"vmaResizeAllocation", Does::Resize, 0, 1},
    {"vmaCreateLostAllocation", Does::Sizeless, 0},
    {"vmaMakePoolAllocationsLost", Does::LosesBlocks},
    {"vmaCreateAllocator"},
    {"vmaDestroyAllocator"},
    {"vmaCreatePool"},
    {"vmaDestroyPool"},
    {"vmaSetPoolName"},
    {"vmaSetAllocationUserData"},
    {"vmaMapMemory"},
    {"vmaUnmapMemory"},
    {"vmaFlushAllocation"},
    {"vmaInvalidateAllocation"},
    {"vmaTouchAllocation"},
    {"vmaGetAllocationInfo"},
    {"vmaDefragmentationBegin"},
    {"vmaDefragmentationEnd"},
};

const Call* call_named(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kCalls), std::end(kCalls), [name](const Call& call) { return call.name == name; });
  return found == std::end(kCalls) ? nullptr : found;
}

// What stands before the next comma, and that.
std::string_view take_cell(std::string_view& line) {
  const std::size_t end = line.find(',');
  const std::string_view cell = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return cell;
}

bool is_number(std::string_view cell, std::uint64_t& value) {
  return take_dec(cell, value) && cell.empty();
}

// "0000000007F66FE8", and as printf has it elsewhere, "0x7f66fe8" and "(nil)".
bool is_handle(std::string_view cell, std::uint64_t& value) {
  if (cell == "(nil)") {
    value = 0;
    return true;
  }
  take(cell, "0x");
  return take_hex(cell, value) && cell.empty();
}

struct Line {
  const Call* call = nullptr;
  std::uint64_t thread = 0, time_ns = 0;
  std::string_view handles;
  std::uint64_t size = 0, align = 0, flags = 0, pool = 0;
  std::string_view text;  // the user's own
};

bool take_arguments(std::string_view rest, Line& line) {
  const Call& call = *line.call;
  for (std::size_t i = 0; i < call.handle; ++i) {
    if (rest.empty()) return false;
    const std::string_view cell = take_cell(rest);
    if (i == call.size && !is_number(cell, line.size)) return false;
    if (i == call.align && !is_number(cell, line.align)) return false;
    if (i == call.flags && !is_number(cell, line.flags)) return false;
    if (i == call.pool && !is_handle(cell, line.pool)) return false;
  }
  line.handles = take_cell(rest);
  if (call.does == Does::Resize) return is_number(take_cell(rest), line.size);
  line.text = rest;
  return true;
}

bool parse(std::string_view rest, Line& line) {
  std::uint64_t frame = 0;
  std::string_view seconds;
  if (!is_number(take_cell(rest), line.thread)) return false;
  seconds = take_cell(rest);
  if (!take_seconds(seconds, line.time_ns) || !seconds.empty() || !is_number(take_cell(rest), frame)) return false;
  line.call = call_named(take_cell(rest));
  if (line.call == nullptr) return false;
  return line.call->does == Does::Nothing || take_arguments(rest, line);
}

class VmaReader {
 public:
  VmaReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress), lives_(builder_), sizeless_(std::random_device{}()) {
    lives_.hide_addresses();
    builder_.header().format = kVma.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(1);  // what a buffer needs is the driver's to say, and not in here
  }

  Result<Trace> read() {
    std::string_view line;
    bool in_config = false;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      if (line.starts_with("Config,")) {
        in_config = line.starts_with("Config,Begin");
        continue;
      }
      if (in_config || line.empty()) continue;
      if (log_.line_number() <= 2) {
        if (Status status = take_header(line); !status) return std::move(status).trouble();
        continue;
      }
      Line parsed;
      if (!parse(line, parsed)) {
        log_.leave_out();
      } else if (Status status = take_call(parsed); !status) {
        return std::move(status).trouble();
      }
    }
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  Status take_header(std::string_view line) {
    std::uint64_t major = 0;
    if (line == kFirstLine) return trace::Done{};
    if (!take_dec(line, major) || !take(line, ",") || !is_number(line, minor_)) {
      log_.leave_out();
      return trace::Done{};
    }
    if (major != 1) return log_.trouble(fmt::format("version {} of recordings is not read", major), "record it with 1");
    return trace::Done{};
  }

  Status take_call(const Line& line) {
    RawEvent event;
    event.thread = line.thread;
    const Does does = line.call->does;
    if (does == Does::Nothing) return trace::Done{};
    if (does == Does::LosesBlocks) {
      ++pools_lost_;
      return trace::Done{};
    }
    event.time_ns = time_.since_start(line.thread, line.time_ns);
    if (does == Does::Pages || does == Does::FreePages) return take_pages(line, event);
    std::uint64_t handle = 0;
    if (!is_handle(line.handles, handle)) {
      log_.leave_out();
      return trace::Done{};
    }
    if (does == Does::Free) return take_free(event, handle);
    if (does == Does::Resize) return take_resize(line, event, handle);
    if (does == Does::Alloc) return take_alloc(line, event, handle);
    ++sizeless_made_;
    if (handle != 0) sizeless_.find_or_put(handle, 1);
    return trace::Done{};
  }

  // The handles are looked at before anything is said of the first of them.
  Status take_pages(const Line& line, RawEvent& event) {
    const auto each = [&line](auto&& take_one) -> Status {
      for (std::string_view rest = line.handles; !rest.empty();) {
        std::uint64_t handle = 0;
        const bool is_one = is_handle(take_word(rest), handle);
        if (Status status = take_one(is_one, handle); !status) return status;
      }
      return trace::Done{};
    };
    bool is_right = true;
    const Status looked_at = each([&is_right](bool is_one, std::uint64_t /*handle*/) -> Status {
      is_right = is_right && is_one;
      return trace::Done{};
    });
    if (!looked_at) return looked_at;
    if (!is_right) {
      log_.leave_out();
      return trace::Done{};
    }
    const RawEvent blank = event;
    return each([&](bool /*is_one*/, std::uint64_t handle) -> Status {
      event = blank;
      return line.call->does == Does::Pages ? take_alloc(line, event, handle) : take_free(event, handle);
    });
  }

  Status take_alloc(const Line& line, RawEvent& event, std::uint64_t handle) {
    if (line.size > kMaxSize && handle != 0) {  // nobody was ever given that much
      log_.leave_out();
      return trace::Done{};
    }
    sizeless_.take(handle);
    event.size = log_.clamp_size(line.size);
    if (line.align != 0) event.align = std::bit_ceil(std::min(line.align, std::uint64_t{1} << 63));
    std::string pool;
    if (line.pool != 0) pool = fmt::format("pool {:#x}", line.pool);
    event.tag = pool;
    if ((line.flags & kUserDataIsText) != 0) event.note = line.text;
    return lives_.alloc(event, handle);
  }

  Status take_free(RawEvent& event, std::uint64_t handle) {
    if (handle != 0 && sizeless_.take(handle) != AddressTable::kNoId) {
      ++sizeless_ended_;
      return trace::Done{};
    }
    return lives_.free(event, handle);
  }

  Status take_resize(const Line& line, RawEvent& event, std::uint64_t handle) {
    if (handle == 0 || line.size > kMaxSize) {
      log_.leave_out();
      return trace::Done{};
    }
    if (sizeless_.find(handle) != AddressTable::kNoId) return trace::Done{};
    ++resizes_;
    event.size = line.size;
    return lives_.realloc(event, handle, handle);
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (minor_ > kNewestMinor) {
      builder_.warn(
          fmt::format("the recording is of version 1,{}, and the newest that is known is 1,{}", minor_, kNewestMinor));
    }
    if (sizeless_made_ != 0) {
      builder_.warn(fmt::format("{} image{} without a size in the recording, and {} end{} of them, were left out",
                                sizeless_made_, sizeless_made_ == 1 ? "" : "s", sizeless_ended_,
                                sizeless_ended_ == 1 ? "" : "s"));
    }
    if (resizes_ != 0) {
      builder_.warn(fmt::format("{} resize{} taken as successful: the recording does not say", resizes_,
                                resizes_ == 1 ? " is" : "s are"));
    }
    if (pools_lost_ != 0) {
      builder_.warn(fmt::format("blocks of a pool were made lost {} time{}: which ones the recording does not say",
                                pools_lost_, pools_lost_ == 1 ? "" : "s"));
    }
    return trace::Done{};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  LogTime time_;
  AddressTable sizeless_;  // the handles of images that live
  std::uint64_t minor_ = 0, sizeless_made_ = 0, sizeless_ended_ = 0, resizes_ = 0, pools_lost_ = 0;
};

int recognise(std::string_view head) {
  return head.starts_with(kFirstLine) ? 100 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return VmaReader(lines, progress).read();
}

}  // namespace
}  // namespace vma

constinit const Importer kVma{"vma", vma::kTitle, vma::recognise, vma::read};

}  // namespace allocviz::import
