// heaptrack's usual log: what heaptrack_interpret makes of the raw one. It has names and lines, and no pointers.
//
//   s 4 main                    a string: length, text (numbered from 1); the length is missing before file version 3
//   i 55b31e20e364 1 14 15 2a   an address: module, function, file, line; the last three, again, for what is inlined
//   t 8 7                       a stack: address, number of the stack it was called from (numbered from 1)
//   a bb8 b                     a kind of block: size, stack (numbered from 0)
//   + 4    - 4                  one more, one less block of that kind
//   c 1f                        milliseconds since the start
//
// Every number is hex without 0x. A free names a kind of block, not a block: where several of the kind live, the
// youngest is taken, which keeps every figure but lifetimes, and how often that happened is said.
//
// Before heaptrack 1.0 it had pointers as the raw one has, no kinds of blocks and perhaps no version:
//
//   + bb8 b 55b31e20e364    size, stack, pointer                       - 55b31e20e364
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/heaptrack.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace heaptrack_interpreted {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "heaptrack";
constexpr std::size_t kMaxFrames = 16;           // as in the raw log
constexpr std::uint64_t kFreeFrames = 1u << 16;  // and so is what stacks may cost
constexpr std::uint64_t kBytesPerFrame = 8;
constexpr std::size_t kFewFrames = 4;

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Strings, addresses and stacks, which refer to each other by number. Frames are put together when a kind of block
// needs them.
class Symbols {
 public:
  void add_string(std::string_view text) { strings_.push_back(clean_text(text)); }

  // "IP MODULE [FUNCTION [FILE LINE] (FUNCTION FILE LINE)*]"
  bool add_address(std::string_view text) {
    Address address;
    std::uint64_t module = 0;
    bool valid = take_hex(text, address.ip) && take(text, " ") && take_hex(text, module) && module < strings_.size();
    address.module = static_cast<std::uint32_t>(module);
    address.first_frame = frames_.size();
    while (valid && take(text, " ")) {
      std::uint64_t function = 0, file = 0, line = 0;
      valid = take_hex(text, function) && function < strings_.size();
      if (valid && take(text, " ")) {
        valid = take_hex(text, file) && take(text, " ") && take_hex(text, line) && file < strings_.size();
      }
      if (valid) frames_.push_back({static_cast<std::uint32_t>(function), static_cast<std::uint32_t>(file), line});
    }
    address.frames = frames_.size() - address.first_frame;
    valid = valid && text.empty();
    addresses_.push_back(valid ? address : Address{});  // the numbers of those behind it have to stay right
    return valid;
  }

  bool add_stack(std::string_view text) {
    std::uint64_t address = 0, parent = 0;
    const bool valid = take_hex(text, address) && take(text, " ") && take_hex(text, parent) && text.empty() &&
                       address <= addresses_.size() && parent <= stacks_.size();
    stacks_.push_back(
        {static_cast<std::uint32_t>(valid ? address : 0), static_cast<std::uint32_t>(valid ? parent : 0), 0});
    return valid;
  }

  [[nodiscard]] bool has_stack(std::uint64_t stack) const { return stack <= stacks_.size(); }

  std::uint32_t site_of(std::uint64_t stack, trace::TraceBuilder& builder, std::uint64_t frame_limit) {
    if (stack == 0) return 0;
    Stack& leaf = stacks_[stack - 1];
    if (leaf.site != 0) return leaf.site;
    const std::size_t room = frames_built_ <= frame_limit ? kMaxFrames : kFewFrames;
    trace::Site site;
    site.stack = true;
    for (std::uint64_t at = stack; at != 0 && site.frames.size() <= room; at = stacks_[at - 1].parent) {
      add_frames(stacks_[at - 1].address, site.frames);
    }
    if (site.frames.size() > room) {
      site.frames.resize(room);
      site.frames.emplace_back("…");
    }
    if (site.frames.empty()) return 0;
    frames_built_ += site.frames.size();
    leaf.site = builder.add_site(std::move(site));
    return leaf.site;
  }

 private:
  struct Frame {
    std::uint32_t function = 0, file = 0;  // numbers of strings, 0 = not known
    std::uint64_t line = 0;
  };
  struct Address {
    std::uint64_t ip = 0;
    std::uint32_t module = 0;
    std::size_t first_frame = 0, frames = 0;
  };
  struct Stack {
    std::uint32_t address = 0, parent = 0, site = 0;
  };

  [[nodiscard]] const std::string& string(std::uint32_t number) const { return strings_[number]; }

  // "dl-init.c:74 call_init", innermost first; the module and the address where there is no symbol.
  void add_frames(std::uint32_t number, std::vector<std::string>& out) const {
    if (number == 0) return;
    const Address& address = addresses_[number - 1];
    if (address.frames == 0) out.push_back(fmt::format("{} 0x{:x}", file_name(string(address.module)), address.ip));
    for (std::size_t i = 0; i < address.frames; ++i) {
      const Frame& frame = frames_[address.first_frame + i];
      if (frame.file == 0) {
        out.push_back(string(frame.function));
      } else {
        out.push_back(fmt::format("{}:{} {}", file_name(string(frame.file)), frame.line, string(frame.function)));
      }
    }
  }

  std::vector<std::string> strings_{"?"};  // by number; 0 is what is not known
  std::vector<Frame> frames_;
  std::vector<Address> addresses_;
  std::vector<Stack> stacks_;
  std::uint64_t frames_built_ = 0;
};

class InterpretedReader {
 public:
  InterpretedReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress), lives_(builder_) {
    builder_.header().format = kHeaptrack.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what malloc promises; the log does not say more
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      Result<bool> taken = take_line(line);
      if (!taken) return std::move(taken).trouble();
      if (!*taken) log_.leave_out();
    }
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffffu;

  struct Kind {  // "a": blocks of one size from one stack
    std::uint64_t size = 0;
    std::uint64_t stack = 0;
    std::uint32_t youngest = kNone;  // index into live_
  };
  struct Live {
    std::uint64_t id = 0;
    std::uint32_t older = kNone;  // the next older one of its kind; of an unused entry the next unused one
  };

  Result<bool> take_line(std::string_view line) {
    if (second_log_ != 0) return true;
    if (line.size() < 2 || line[1] != ' ') return line.empty() || line == "A" || line == "X" || line.front() == '#';
    const char kind = line.front();
    line.remove_prefix(2);
    switch (kind) {
      case '+':
        return take_alloc(line);
      case '-':
        return take_free(line);
      case 's':
        return take_string(line);
      case 'i':
        return symbols_.add_address(line);
      case 't':
        return symbols_.add_stack(line);
      case 'a':
        return take_kind(line);
      case 'c':
        return take_heaptrack_time(line, time_ns_);
      case 'v':
        if (builder_.size() != 0) {
          second_log_ = log_.line_number();
          return true;
        }
        return take_heaptrack_version(log_, line, file_version_);
      case 'X':
        builder_.header().about = fmt::format("Recorded by heaptrack: `{}`", clean_text(line));
        return true;
      default:
        return kind == 'R' || kind == 'I' || kind == 'S' || kind == 'A' || kind == '#';
    }
  }

  bool take_string(std::string_view text) {
    std::uint64_t length = 0;
    const bool valid = file_version_ < 3 || (take_hex(text, length) && take(text, " ") && length == text.size());
    symbols_.add_string(valid ? text : "?");
    return valid;
  }

  bool take_kind(std::string_view text) {
    Kind kind;
    const bool valid = take_hex(text, kind.size) && take(text, " ") && take_hex(text, kind.stack) && text.empty() &&
                       kind.size <= kMaxSize && symbols_.has_stack(kind.stack);
    kinds_.push_back(valid ? kind : Kind{});
    return valid;
  }

  bool parse_kind(std::string_view text, std::uint64_t& kind) const {
    return take_hex(text, kind) && text.empty() && kind < kinds_.size();
  }

  Result<bool> take_alloc(std::string_view text) {
    std::uint64_t number = 0;
    if (text.find(' ') != std::string_view::npos) return take_alloc_at(text);
    if (has_pointers_ || !parse_kind(text, number)) return false;
    Kind& kind = kinds_[number];
    RawEvent event;
    event.size = kind.size;
    event.site = symbols_.site_of(kind.stack, builder_, kFreeFrames + log_.bytes_read() / kBytesPerFrame);
    kind.youngest = put({++last_id_, kind.youngest});
    return append(event, last_id_);
  }

  // Before file version 1: "SIZE STACK POINTER".
  Result<bool> take_alloc_at(std::string_view text) {
    std::uint64_t stack = 0, pointer = 0;
    RawEvent event;
    if (!kinds_.empty() || !take_hex(text, event.size) || !take(text, " ") || !take_hex(text, stack) ||
        !take(text, " ") || !take_hex(text, pointer) || !text.empty() || event.size > kMaxSize ||
        !symbols_.has_stack(stack)) {
      return false;
    }
    has_pointers_ = true;
    event.site = symbols_.site_of(stack, builder_, kFreeFrames + log_.bytes_read() / kBytesPerFrame);
    event.time_ns = time_ns_;
    Status status = lives_.alloc(event, pointer);
    if (!status) return std::move(status).trouble();
    return true;
  }

  Result<bool> take_free_at(std::string_view text) {
    std::uint64_t pointer = 0;
    if (!take_hex(text, pointer) || !text.empty()) return false;
    RawEvent event;
    event.time_ns = time_ns_;
    Status status = lives_.free(event, pointer);
    if (!status) return std::move(status).trouble();
    return true;
  }

  Result<bool> take_free(std::string_view text) {
    std::uint64_t number = 0;
    if (has_pointers_ || (kinds_.empty() && file_version_ < 2)) return take_free_at(text);
    if (!parse_kind(text, number)) return false;
    Kind& kind = kinds_[number];
    RawEvent event;
    event.op = Op::Free;
    ++frees_;
    if (kind.youngest == kNone) return append(event, ++last_id_);  // of a block that was never allocated
    const Live block = live_[kind.youngest];
    if (block.older != kNone) ++ambiguous_frees_;
    drop(kind.youngest);
    kind.youngest = block.older;
    return append(event, block.id);
  }

  Result<bool> append(RawEvent& event, std::uint64_t id) {
    event.id_kind = RawEvent::Id::Number;
    event.id_number = id;
    event.time_ns = time_ns_;
    Status status = builder_.append(event);
    if (!status) return std::move(status).trouble();
    return true;
  }

  std::uint32_t put(const Live& block) {
    if (unused_ == kNone) {
      live_.push_back(block);
      return static_cast<std::uint32_t>(live_.size() - 1);
    }
    const std::uint32_t place = unused_;
    unused_ = live_[place].older;
    live_[place] = block;
    return place;
  }

  void drop(std::uint32_t place) {
    live_[place] = {0, unused_};
    unused_ = place;
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (second_log_ != 0) {
      builder_.warn(fmt::format("line {} begins a second log, which was left out: open it alone", second_log_));
    }
    if (ambiguous_frees_ != 0) {
      builder_.header().set_approximate_lifetimes();
      builder_.warn(fmt::format(
          "lifetimes are approximate: {} of {} frees end one of several blocks that are alike here, as this log has no "
          "pointers: the youngest was taken; heaptrack --raw records which",
          ambiguous_frees_, frees_));
    }
    return trace::Done{};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;                   // of a log with pointers
  bool has_pointers_ = false;     // as before file version 1
  std::uint64_t second_log_ = 0;  // its line; numbers of stacks and sizes begin anew there
  Symbols symbols_;
  std::vector<Kind> kinds_;
  std::vector<Live> live_;
  std::uint32_t unused_ = kNone;
  std::uint64_t last_id_ = 0, frees_ = 0, ambiguous_frees_ = 0;
  std::uint64_t file_version_ = 0;  // where the log says none
  std::uint64_t time_ns_ = 0;
};

// Strings, an address and a stack of the oldest logs, and no line of another language.
int recognise_without_version(std::string_view head) {
  int strings = 0, addresses = 0, stacks = 0;
  for (std::size_t end = head.find('\n'); end != std::string_view::npos; end = head.find('\n')) {
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() < 3 || line[1] != ' ' || std::string_view("XIsit+-cR#").find(line[0]) == std::string_view::npos) {
      return 0;
    }
    std::string_view text = line.substr(2);
    std::uint64_t number = 0;
    if (line[0] == 's') ++strings;
    if (line[0] != 'i' && line[0] != 't') continue;
    if (!take_hex(text, number) || !take(text, " ") || !take_hex(text, number)) return 0;
    ++(line[0] == 'i' ? addresses : stacks);
  }
  return strings > 0 && addresses > 0 && stacks > 0 ? 60 : 0;
}

// Behind its version the interpreted log has strings or addresses before anything that points to them, and no module.
int recognise(std::string_view head) {
  if (head.starts_with("X ")) return recognise_without_version(head);
  if (!head.starts_with("v ")) return 0;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    if (line.size() == head.size()) break;
    head.remove_prefix(line.size() + 1);
    if (line.size() < 2 || line[1] != ' ') continue;
    if (line.front() == 's') return 100;
    if (std::string_view("xmt+-").find(line.front()) != std::string_view::npos) return 0;
  }
  return 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return InterpretedReader(lines, progress).read();
}

}  // namespace
}  // namespace heaptrack_interpreted

constinit const Importer kHeaptrack{"heaptrack", heaptrack_interpreted::kTitle, heaptrack_interpreted::recognise,
                                    heaptrack_interpreted::read};

}  // namespace allocviz::import
