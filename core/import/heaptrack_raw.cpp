// heaptrack's raw log (heaptrack --raw): what its preload library writes, with pointers, before heaptrack_interpret.
//
//   v 10400 3                    heaptrack's version, the file's version
//   x 15 /home/user/heaps/edge   the program           X ./edge   its command line
//   m 1 x 555a9a395000 0 d38     a module: name, base, (address, length) of its segments; "m 1 -": forget them all
//   t 7f3a5bedeb9f 0             a stack: return address, number of the stack it was called from (numbered from 1)
//   + 11c00 4 555aa6c8a530       malloc, calloc, realloc's new block: size, stack, pointer
//   - 555aa6c8a530               free, realloc's old block
//   c 4                          milliseconds since the start
//
// Every number is hex without 0x. No thread. realloc is two events, as it is two lines. memalign is not logged, but its
// free is. Grammar: heaptrack 1.4, libheaptrack.cpp; the reader has to refuse file versions above 3.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
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
namespace heaptrack_raw {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "heaptrack raw";

// The innermost frames are what tells call sites apart; the rest would only cost memory (a compiler's recursion goes
// 60 deep at a hundred thousand sites). "…" stands where frames were left out.
constexpr std::size_t kMaxFrames = 16;
// A file of n bytes may cost so many frames before stacks are cut to the innermost few: a small log whose every event
// has a deep stack of its own must not cost a hundred times its size.
constexpr std::uint64_t kFreeFrames = 1u << 16;
constexpr std::uint64_t kBytesPerFrame = 8;
constexpr std::size_t kFewFrames = 4;

struct Segment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t module = 0;
};

struct Module {
  std::string name;  // its file name without the folder, and "+0x"
  std::uint64_t base = 0;
};

// The longest line of an event: "+ ", three numbers, and what is behind each.
constexpr std::size_t kLongestEvent = 2 + 3 * (16 + 1);

// What a character is as a hex digit, 16 where it is none.
constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
  std::array<std::uint8_t, 256> digits;
  digits.fill(16);
  for (std::uint8_t i = 0; i < 10; ++i) digits[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) digits[static_cast<std::size_t>('a' + i)] = 10 + i;
  return digits;
}();

// A number of at most 16 digits and `behind` it that character: returns the place after it, or null. Of the text 17
// bytes can be read.
const char* past_hex(const char* text, char behind, std::uint64_t& number) {
  std::uint64_t value = 0;
  for (int i = 0; i <= 16; ++i) {
    const std::uint8_t digit = kHexDigits[static_cast<unsigned char>(text[i])];
    if (digit < 16) {
      value = value << 4 | digit;
      continue;
    }
    number = value;
    return i != 0 && text[i] == behind ? text + i + 1 : nullptr;
  }
  return nullptr;
}

// Prefix and hex digits: three million of these are made for a compiler's log, which is what fmt is too slow for.
std::string hex_text(std::string_view prefix, std::uint64_t number) {
  char digits[16];
  const std::to_chars_result made = std::to_chars(digits, digits + sizeof digits, number, 16);
  std::string text;
  text.reserve(prefix.size() + sizeof digits);
  text.append(prefix);
  text.append(digits, made.ptr);
  return text;
}

// Which module an address lies in. Modules of a program without position-independent code have the base 0.
class Modules {
 public:
  void clear() {
    modules_.clear();
    segments_.clear();
  }

  void add(std::string_view path, std::uint64_t base) {
    modules_.push_back({clean_text(path.substr(path.rfind('/') + 1)) + "+0x", base});
  }

  void add_segment(std::uint64_t begin, std::uint64_t length) {
    segments_.push_back({begin, begin + length, static_cast<std::uint32_t>(modules_.size() - 1)});
    sorted_ = false;
  }

  // "libc.so.6+0x271c9", or the bare address where no module is known there.
  std::string frame_of(std::uint64_t address) {
    if (!sorted_) {
      std::sort(segments_.begin(), segments_.end(),
                [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
      sorted_ = true;
    }
    const auto after = std::upper_bound(segments_.begin(), segments_.end(), address,
                                        [](std::uint64_t at, const Segment& segment) { return at < segment.begin; });
    if (after == segments_.begin() || address >= (after - 1)->end) return hex_text("0x", address);
    const Module& module = modules_[(after - 1)->module];
    return hex_text(module.name, address - module.base);
  }

 private:
  std::vector<Module> modules_;
  std::vector<Segment> segments_;
  bool sorted_ = true;
};

// The tree of stacks as the log gives it; a site is built of one only when an event uses it.
class Stacks {
 public:
  void add(std::uint64_t address, std::uint64_t parent) {
    nodes_.push_back({address, static_cast<std::uint32_t>(std::min<std::uint64_t>(parent, nodes_.size())), 0});
  }

  [[nodiscard]] bool has(std::uint64_t stack) const { return stack <= nodes_.size(); }

  // Whether the site of a stack is there, and which one it is.
  [[nodiscard]] bool has_site(std::uint64_t stack, std::uint32_t& site) const {
    if (stack > nodes_.size()) return false;
    site = stack == 0 ? 0 : nodes_[stack - 1].site;
    return stack == 0 || site != 0;
  }

  // The site of a stack (0 = none), built at its first use. Frame count of all sites stays within `frame_limit`,
  // apart from a few frames each.
  std::uint32_t site_of(std::uint64_t stack, Modules& modules, trace::TraceBuilder& builder,
                        std::uint64_t frame_limit) {
    if (stack == 0) return 0;
    Node& leaf = nodes_[stack - 1];
    if (leaf.site != 0) return leaf.site;
    const bool within = frames_built_ <= frame_limit;
    if (!within) ++stacks_cut_;
    trace::Site site;
    site.stack = true;
    std::size_t room = within ? kMaxFrames : kFewFrames;
    for (std::uint64_t at = stack; at != 0; at = nodes_[at - 1].parent) {
      if (room-- == 0) {
        site.frames.emplace_back("…");
        break;
      }
      site.frames.push_back(modules.frame_of(nodes_[at - 1].address));
    }
    frames_built_ += site.frames.size();
    leaf.site = builder.add_site(std::move(site));
    return leaf.site;
  }

  [[nodiscard]] std::uint64_t stacks_cut() const { return stacks_cut_; }

 private:
  struct Node {
    std::uint64_t address = 0;
    std::uint32_t parent = 0;  // always a node before this one, so walking up ends
    std::uint32_t site = 0;
  };
  std::vector<Node> nodes_;
  std::uint64_t frames_built_ = 0;
  std::uint64_t stacks_cut_ = 0;
};

class HeaptrackReader {
 public:
  HeaptrackReader(trace::LineReader& lines, const trace::Progress& progress) : log_(lines, progress), lives_(builder_) {
    builder_.header().format = kHeaptrackRaw.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what malloc promises; the log does not say more
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      if (Status status = take_events(); !status) return std::move(status).trouble();
      Result<bool> more = log_.next(line);
      if (!more) return std::move(more).trouble();
      if (!*more) break;
      Result<bool> taken = take_line(line);
      if (!taken) return std::move(taken).trouble();
      if (!*taken) log_.leave_out();
    }
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  // The lines that come next, as long as they are events as heaptrack writes them, of stacks that were met before:
  // nearly all lines are. Any other is take_line()'s.
  Status take_events() {
    if (second_log_ != 0) return trace::Done{};
    Result<std::string_view> ahead = log_.ahead();
    if (!ahead) return std::move(ahead).trouble();
    const char* const begin = ahead->data();
    const char* const end = begin + ahead->size();
    const char* at = begin;
    std::uint64_t lines = 0;
    for (std::size_t count = batch_.size(); count == batch_.size() && lines < LineLog::kLinesBetweenReports;) {
      count = 0;
      while (count < batch_.size() && static_cast<std::size_t>(end - at) >= kLongestEvent) {
        const char* const behind = past_event(at, batch_[count]);
        if (behind == nullptr) break;
        lives_.prefetch(batch_[count++].addr);
        at = behind;
      }
      if (Status status = append(std::span(batch_).first(count)); !status) return status;
      lines += count;
    }
    log_.take(static_cast<std::size_t>(at - begin), lines);
    return trace::Done{};
  }

  // The event of the line that begins at `at`, where kLongestEvent bytes can be read. Returns what is behind it, null
  // where it is none of take_events()'.
  const char* past_event(const char* at, RawEvent& event) const {
    if (at[1] != ' ') return nullptr;
    event.time_ns = time_ns_;
    if (at[0] == '-') {
      event.op = trace::Op::Free;
      event.size = 0;
      event.site = 0;
      at = past_hex(at + 2, '\n', event.addr);
    } else if (at[0] == '+') {
      std::uint64_t stack = 0;
      event.op = trace::Op::Alloc;
      at = past_hex(at + 2, ' ', event.size);
      if (at != nullptr) at = past_hex(at, ' ', stack);
      if (at != nullptr) at = past_hex(at, '\n', event.addr);
      if (event.size > kMaxSize || !stacks_.has_site(stack, event.site)) return nullptr;
    } else {
      return nullptr;
    }
    return event.addr != 0 ? at : nullptr;
  }

  Status append(std::span<RawEvent> events) {
    for (RawEvent& event : events) lives_.name(event);
    for (const RawEvent& event : events) {
      if (Status status = builder_.append(event); !status) return status;
    }
    return trace::Done{};
  }

  // true: the line was of the format.
  Result<bool> take_line(std::string_view line) {
    if (second_log_ != 0) return true;
    if (line.empty()) return true;
    const char kind = line.front();
    if (line.size() < 2 || line[1] != ' ') return kind == '#' || kind == 'A' || kind == 'X';
    line.remove_prefix(2);
    switch (kind) {
      case '+':
        return take_alloc(line);
      case '-':
        return take_free(line);
      case 't':
        return take_stack(line);
      case 'c':
        return take_heaptrack_time(line, time_ns_);
      case 'm':
        return take_module(line);
      case 'v':
        if (builder_.size() != 0) {
          second_log_ = log_.line_number();
          return true;
        }
        return take_heaptrack_version(log_, line, file_version_);
      case 'x':
        return take_program(line);
      case 'X':
        builder_.header().about = fmt::format("Recorded by heaptrack: `{}`", clean_text(line));
        return true;
      default:
        return kind == 'R' || kind == 'I' || kind == 'S' || kind == 'A' || kind == '#';
    }
  }

  Result<bool> take_alloc(std::string_view text) {
    std::uint64_t size = 0, stack = 0, addr = 0;
    if (!take_hex(text, size) || !take(text, " ") || !take_hex(text, stack) || !take(text, " ") ||
        !take_hex(text, addr) || !text.empty() || size > kMaxSize || addr == 0 || !stacks_.has(stack)) {
      return false;
    }
    RawEvent event;
    event.size = size;
    event.time_ns = time_ns_;
    event.site = stacks_.site_of(stack, modules_, builder_, kFreeFrames + log_.bytes_read() / kBytesPerFrame);
    Status status = lives_.alloc(event, addr);
    if (!status) return std::move(status).trouble();
    return true;
  }

  Result<bool> take_free(std::string_view text) {
    std::uint64_t addr = 0;
    if (!take_hex(text, addr) || !text.empty() || addr == 0) return false;
    RawEvent event;
    event.time_ns = time_ns_;
    Status status = lives_.free(event, addr);
    if (!status) return std::move(status).trouble();
    return true;
  }

  bool take_stack(std::string_view text) {
    std::uint64_t address = 0, parent = 0;
    const bool valid =
        take_hex(text, address) && take(text, " ") && take_hex(text, parent) && text.empty() && stacks_.has(parent);
    stacks_.add(valid ? address : 0, valid ? parent : 0);  // the numbers of the stacks after it have to stay right
    return valid;
  }

  // LEN NAME since file version 3, NAME alone before. Takes the space behind it too.
  bool take_name(std::string_view& text, std::string_view& name) const {
    std::uint64_t length = 0;
    if (file_version_ < 3) {
      name = take_word(text);
      return !name.empty();
    }
    if (!take_hex(text, length) || !take(text, " ") || length > text.size()) return false;
    name = text.substr(0, length);
    text.remove_prefix(length);
    return text.empty() || take(text, " ");
  }

  bool take_program(std::string_view text) {
    std::string_view path = text;
    if (file_version_ >= 3 && (!take_name(text, path) || !text.empty())) return false;
    program_ = path;
    return true;
  }

  bool take_module(std::string_view text) {
    std::string_view name;
    if (!take_name(text, name)) return false;
    if (name == "-") {
      modules_.clear();
      return text.empty();
    }
    std::uint64_t base = 0;
    if (!take_hex(text, base)) return false;
    modules_.add(name == "x" && !program_.empty() ? std::string_view(program_) : name, base);
    std::uint64_t begin = 0, length = 0;
    while (take(text, " ") && take_hex(text, begin) && take(text, " ") && take_hex(text, length)) {
      modules_.add_segment(base + begin, length);
    }
    return text.empty();
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (second_log_ != 0) {
      builder_.warn(fmt::format("line {} begins a second log, which was left out: open it alone", second_log_));
    }
    if (stacks_.stacks_cut() != 0) {
      builder_.warn(fmt::format("{} stacks were cut to their {} innermost frames to save memory", stacks_.stacks_cut(),
                                kFewFrames));
    }
    return trace::Done{};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  std::uint64_t second_log_ = 0;  // its line; numbers of stacks and sizes begin anew there
  Lives lives_;
  Modules modules_;
  Stacks stacks_;
  std::string program_;
  std::uint64_t file_version_ = kNewestHeaptrackFile;
  std::uint64_t time_ns_ = 0;
  std::array<RawEvent, 32> batch_;  // take_events()': what they will touch is brought nearer, of all of them at once
};

// A raw log has a line of the program's path (x) or a module (m) in its head; an interpreted one has strings (s) first.
int recognise(std::string_view head) {
  bool version = false, header_alone = true;
  for (std::string_view rest = head; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.size() == rest.size()) break;
    rest.remove_prefix(line.size() + 1);
    if (line.size() < 2 || line[1] != ' ') {
      header_alone &= line.empty() || line == "A" || line == "X" || line.front() == '#';
      continue;
    }
    std::string_view text = line.substr(2);
    std::uint64_t number = 0;
    switch (line.front()) {
      case 'v':
        version = take_hex(text, number);
        break;
      case 'x':
      case 'm':
        return version ? 100 : take_hex(text, number) && take(text, " ") ? 70 : 0;
      case 's':
      case 'i':
      case 'a':
      case 't':
      case '+':
      case '-':
        return 0;
      default:
        header_alone &= std::string_view("XIASRc#").find(line.front()) != std::string_view::npos;
        break;
    }
  }
  // Of a program that ended before it wrote more: which of the two logs it would have been cannot be seen.
  return version && header_alone && head.starts_with("v ") ? 60 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return HeaptrackReader(lines, progress).read();
}

}  // namespace
}  // namespace heaptrack_raw

constinit const Importer kHeaptrackRaw{"heaptrack-raw", heaptrack_raw::kTitle, heaptrack_raw::recognise,
                                       heaptrack_raw::read};

}  // namespace allocviz::import
