// Linux' kmem tracepoints: the kernel's own buddy allocator and its slabs, as perf script or trace_pipe prints them.
//
//     cc1plus 18167 [001]   981.738856:  kmem:mm_page_alloc: page=0x129890 pfn=0x129890 order=0 migratetype=0 ...
//     cc1plus-20551 [000] .....  1052.004429: mm_page_free: page=000000002ec6eda3 pfn=0x1740cd order=0
//     bash-20564    [001] .....  1052.004496: kmalloc: call_site=f+0x1 ptr=00000000dcd4d956 bytes_req=60 bytes_alloc=64
//
// perf record -g and ftrace's stacktrace option put a stack below an event, innermost first, which then is its call
// site:
//
//         ffffffff8132f1dc __kmalloc+0x4c ([kernel.kallsyms])                       => __kmalloc
//
// A page is 4 KiB; a block of order n is 2^n pages at a multiple of its size, so pfn * 4096 is its physical address.
// mm_page_free_batched repeats an mm_page_free and is passed over. The slab events (kmalloc, kmem_cache_alloc) allocate
// what the page allocator gave to the slabs: of the two layers the one with more events in the log's beginning is read.
// Events of other tracepoints are passed over. Of pages nothing smaller than one is asked for, so the trace names a
// buddy of pages: the kernel's orders are its levels.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/log_time.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace kmem {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "Linux kmem tracepoints";
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kMaxOrder = 30;

enum class Layer : std::uint8_t { None, Pages, Slabs };

struct Tracepoint {
  std::string_view name;
  Layer layer;
  bool allocates;
};

constexpr Tracepoint kTracepoints[] = {
    {"mm_page_alloc", Layer::Pages, true},
    {"mm_page_free", Layer::Pages, false},
    {"mm_page_free_direct", Layer::Pages, false},
    {"mm_page_free_batched", Layer::None, false},
    {"kmalloc", Layer::Slabs, true},
    {"kmalloc_node", Layer::Slabs, true},
    {"kmem_cache_alloc", Layer::Slabs, true},
    {"kmem_cache_alloc_node", Layer::Slabs, true},
    {"kfree", Layer::Slabs, false},
    {"kmem_cache_free", Layer::Slabs, false},
};

struct Record {
  const Tracepoint* point = nullptr;
  std::optional<std::uint64_t> process;
  std::uint64_t clock_ns = 0;
  bool has_time = true;
  std::string_view fields;
};

std::string_view trimmed(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string_view cut_last_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t space = text.rfind(' ');
  const std::string_view word = text.substr(space == std::string_view::npos ? 0 : space + 1);
  text.remove_suffix(word.size());
  return word;
}

// "18167", "18167/18170" (process/thread: the thread is meant), "cc1plus-20551"; nothing for perf's -1.
std::optional<std::uint64_t> process_of(std::string_view word) {
  if (word.starts_with('-')) return {};
  if (const std::size_t slash = word.rfind('/'); slash != std::string_view::npos) word.remove_prefix(slash + 1);
  if (const std::size_t dash = word.rfind('-'); dash != std::string_view::npos) word.remove_prefix(dash + 1);
  std::uint64_t number = 0;
  if (!take_dec(word, number) || !word.empty()) return {};
  return number;
}

// "981.738856:"; "1002:" of a clock that counts something else (trace_clock counter, x86-tsc), taken for nanoseconds.
bool parse_time(std::string_view time, std::uint64_t& clock_ns) {
  return (take_seconds(time, clock_ns) || take_dec(time, clock_ns)) && time == ":";
}

// What stands before the tracepoint, from its right end: time, flags, [processor], (group), process. perf script -F may
// leave the processor away.
bool parse_prefix(std::string_view text, Record& record) {
  const std::string_view time = cut_last_word(text);
  if (!parse_time(time, record.clock_ns)) return false;
  std::string_view rest = text;
  for (int words = 0; words < 3; ++words) {
    const std::string_view word = cut_last_word(rest);
    if (word.starts_with('[') && word.ends_with(']')) {
      rest = trimmed(rest);
      if (rest.ends_with(')')) rest = rest.substr(0, rest.rfind('('));
      record.process = process_of(cut_last_word(rest));
      return true;
    }
  }
  const bool alone = trimmed(text).find_first_not_of(' ') == std::string_view::npos;  // perf script -F time,event,trace
  record.process = process_of(cut_last_word(text));
  return (record.process || alone) && time.find('.') != std::string_view::npos;
}

// perf names an event as it was asked for, "kmalloc:k" where only the kernel was to be heard.
const Tracepoint* tracepoint_named(std::string_view name) {
  if (const std::size_t colon = name.find(':');
      colon != std::string_view::npos && name.find_first_not_of("ukhGHpPSDeIW", colon + 1) == name.npos) {
    name = name.substr(0, colon);
  }
  for (const Tracepoint& point : kTracepoints) {
    if (point.name == name) return &point;
  }
  return nullptr;
}

// perf script -F event,trace and the like: no time stands before the tracepoint, perhaps a process and a processor.
bool parse_without_time(std::string_view line, Record& record) {
  const std::size_t at = line.find("kmem:");
  if (at == std::string_view::npos || (at != 0 && line[at - 1] != ' ')) return false;
  const std::string_view rest = line.substr(at + 5);
  const std::size_t end = rest.find(": ");
  record.point = end == std::string_view::npos ? nullptr : tracepoint_named(rest.substr(0, end));
  if (record.point == nullptr) return false;
  record.has_time = false;
  record.fields = rest.substr(end + 1);
  std::string_view before = line.substr(0, at);
  std::string_view word = cut_last_word(before);
  if (word.starts_with('[')) word = cut_last_word(before);
  record.process = process_of(word);
  return true;
}

// The tracepoint stands between two colons, the first behind the time; a command's name may hold colons too.
bool parse(std::string_view line, Record& record) {
  for (std::size_t colon = line.find(": "); colon != std::string_view::npos; colon = line.find(": ", colon + 1)) {
    std::string_view rest = line.substr(colon + 2);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    std::uint64_t period = 0;  // perf script -F period: how many events this one stands for
    if (std::string_view behind = rest; take_dec(behind, period) && behind.starts_with(' ')) {
      behind.remove_prefix(behind.find_first_not_of(' ') == std::string_view::npos ? 0 : behind.find_first_not_of(' '));
      if (behind.starts_with("kmem:")) rest = behind;
    }
    take(rest, "kmem:");
    const std::size_t end = rest.find(": ");
    if (end == std::string_view::npos) break;
    record.point = tracepoint_named(rest.substr(0, end));
    if (record.point == nullptr) continue;
    record.fields = rest.substr(end + 1);
    if (parse_prefix(line.substr(0, colon + 1), record)) return true;
    break;
  }
  return parse_without_time(line, record);
}

// Whether it is the line of any tracepoint.
bool is_event(std::string_view line) {
  for (std::size_t colon = line.find(": "); colon != std::string_view::npos; colon = line.find(": ", colon + 1)) {
    Record record;
    if (parse_prefix(line.substr(0, colon + 1), record)) return true;
  }
  return false;
}

// A line of a stack: "27f1dc __kmalloc+0x4c (/boot/vmlinux)" or "=> __kmalloc".
bool parse_frame(std::string_view line, std::string& frame) {
  const bool indented = line.starts_with(' ') || line.starts_with('\t');
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  std::uint64_t address = 0;
  const bool arrow = take(line, "=> ");
  if (!arrow && (!indented || !take_hex(line, address) || !take(line, " "))) return false;
  if (!arrow) line = line.substr(0, line.rfind(" ("));
  frame = line.starts_with("[unknown]") ? fmt::format("0x{:x}", address) : clean_text(trimmed(line));
  return !frame.empty();
}

// The text behind " name=", up to the next space. Older kernels fill a null pointer up with spaces: "ptr=  (null)".
std::optional<std::string_view> field(std::string_view fields, std::string_view name) {
  for (std::size_t at = fields.find(name); at != std::string_view::npos; at = fields.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (at == 0 || fields[at - 1] != ' ' || end >= fields.size() || fields[end] != '=') continue;
    std::string_view value = fields.substr(end + 1);
    const std::size_t padding = std::min(value.find_first_not_of(' '), value.size());
    if (value.substr(padding).starts_with("(null)")) value.remove_prefix(padding);
    return value.substr(0, value.find(' '));
  }
  return {};
}

// Decimal, or hex with 0x: older and newer kernels print page frame numbers in either way.
bool parse_number(std::optional<std::string_view> text, std::uint64_t& number) {
  return text && (take_0x(*text, number) || take_dec(*text, number)) && text->empty();
}

// "0xffff888104e12cd0", "(nil)", or "00000000dcd4d956": trace_pipe prints a hash, which tells blocks apart and no more.
bool parse_pointer(std::optional<std::string_view> text, std::uint64_t& addr) {
  if (!text) return false;
  addr = 0;
  if (*text == "(nil)" || *text == "(null)") return true;
  return (take_0x(*text, addr) || take_hex(*text, addr)) && text->empty();
}

// Kernels since 4.15 print a hash of 32 bits where they do not trust the reader, with zeros before it on 64 bits;
// whether eight digits are one cannot be seen.
bool is_hashed(std::string_view pointer) {
  return !pointer.starts_with("0x") && (pointer.size() <= 8 || pointer.starts_with("00000000"));
}

class KmemReader {
 public:
  KmemReader(trace::LineReader& lines, const trace::Progress& progress)
      : lines_(lines), log_(lines, progress), lives_(builder_) {
    builder_.header().format = kKmem.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // of the slabs, which do not say; a page block says its own
  }

  Result<Trace> read() {
    if (Status status = choose_layer(); !status) return std::move(status).trouble();
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      Result<bool> taken = take_line(line);
      if (!taken) return std::move(taken).trouble();
      if (!*taken) log_.leave_out();
    }
    if (Status status = append_waiting(); !status) return std::move(status).trouble();
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  static constexpr std::size_t kMaxFrames = 16;  // as in heaptrack's logs
  static constexpr std::size_t kHeadBytes = std::size_t{1} << 20;

  // The layer with the most events in the log's beginning, of two with as many the one that comes first.
  Status choose_layer() {
    const Result<std::string_view> head = lines_.peek(kHeadBytes);
    if (!head) return head.trouble();
    std::uint64_t pages = 0, slabs = 0;
    for (std::string_view rest = *head;;) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) break;
      Record record;
      if (parse(rest.substr(0, end), record)) {
        pages += record.point->layer == Layer::Pages;
        slabs += record.point->layer == Layer::Slabs;
      }
      rest.remove_prefix(end + 1);
    }
    if (pages != slabs) choose(pages > slabs ? Layer::Pages : Layer::Slabs);
    return trace::Done{};
  }

  void choose(Layer layer) {
    layer_ = layer;
    if (layer == Layer::Pages) builder_.name_buddy_of(kPageBytes);
  }

  // An event waits for the stack that may stand below it.
  struct Waiting {
    RawEvent event;
    std::uint64_t addr = 0;
    bool allocates = false;
    std::string tag, call_site;
    std::vector<std::string> stack;
  };

  Result<bool> take_line(std::string_view line) {
    if (line.empty() || line.front() == '#') return true;
    if (take_remark(line)) return true;
    Record record;
    std::string frame;
    if (!parse(line, record)) {
      if (is_event(line)) {
        const bool announces_stack = line.find("<stack trace") != std::string_view::npos;
        return announces_stack ? Result<bool>(true) : done(append_waiting());
      }
      if (!parse_frame(line, frame)) return false;
      if (is_waiting_ && waiting_.stack.size() < kMaxFrames) waiting_.stack.push_back(std::move(frame));
      return true;
    }
    if (Status status = append_waiting(); !status) return std::move(status).trouble();
    const Layer layer = record.point->layer;
    if (layer == Layer::None) return true;
    if (layer_ == Layer::None) choose(layer);
    if (layer != layer_) {
      ++of_other_layer_;
      return true;
    }
    waiting_.event = RawEvent{};
    waiting_.tag.clear();
    waiting_.call_site.clear();
    waiting_.stack.clear();
    waiting_.allocates = record.point->allocates;
    waiting_.event.thread = record.process;
    is_waiting_ = layer == Layer::Pages ? take_pages(record, waiting_) : take_slab(record, waiting_);
    if (!is_waiting_) return false;
    if (record.has_time)
      waiting_.event.time_ns = time_.since_start(record.process.value_or(~std::uint64_t{0}), record.clock_ns);
    return true;
  }

  // "CPU:1 [LOST 5 EVENTS]", "CPU:1 [5 EVENTS DROPPED]": the kernel's buffer was full. And trace-cmd's own first lines.
  bool take_remark(std::string_view line) {
    if (line.starts_with("cpus=") || line.starts_with("version = ") || line.ends_with(" is empty")) return true;
    std::uint64_t processor = 0, events = 1;
    if (!take(line, "CPU:") || !take_dec(line, processor) || !take(line, " [") ||
        line.find("EVENT") == std::string_view::npos)
      return false;
    take(line, "LOST ");
    take_dec(line, events);
    lost_ += events;
    return true;
  }

  Status append_waiting() {
    if (!std::exchange(is_waiting_, false)) return trace::Done{};
    RawEvent& event = waiting_.event;
    event.tag = waiting_.tag;
    if (!waiting_.stack.empty()) {
      event.site = builder_.add_site(trace::Site{std::exchange(waiting_.stack, {}), true});
    } else if (!waiting_.call_site.empty()) {
      event.site = builder_.add_site(waiting_.call_site);
    }
    return waiting_.allocates ? lives_.alloc(event, waiting_.addr) : lives_.free(event, waiting_.addr);
  }

  static bool take_pages(const Record& record, Waiting& to) {
    std::uint64_t frame = 0, order = 0;
    if (!parse_number(field(record.fields, "pfn"), frame) || !parse_number(field(record.fields, "order"), order) ||
        order > kMaxOrder || frame > kMaxSize / kPageBytes) {
      return false;
    }
    to.addr = frame * kPageBytes;
    if (!to.allocates) return true;
    to.event.size = kPageBytes << order;
    to.event.align = to.event.size;
    return true;
  }

  bool take_slab(const Record& record, Waiting& to) {
    const auto pointer = field(record.fields, "ptr");
    if (!parse_pointer(pointer, to.addr)) return false;
    if (to.addr != 0 && is_hashed(*pointer)) lives_.hide_addresses();
    if (const auto site = field(record.fields, "call_site")) to.call_site = clean_text(*site);
    if (!to.allocates) return true;
    if (!parse_number(field(record.fields, "bytes_req"), to.event.size) || to.event.size > kMaxSize) return false;
    if (const auto name = field(record.fields, "name")) to.tag = *name;
    return true;
  }

  static Result<bool> done(Status status) {
    if (!status) return std::move(status).trouble();
    return true;
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (of_other_layer_ != 0) {
      builder_.warn(fmt::format("{} events of the {} were left out: a trace is of one allocator", of_other_layer_,
                                layer_ == Layer::Pages ? "slabs" : "pages"));
    }
    if (lost_ != 0) builder_.warn(fmt::format("the kernel lost {} events while it recorded", lost_));
    return trace::Done{};
  }

  trace::LineReader& lines_;
  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  LogTime time_;
  Layer layer_ = Layer::None;
  std::uint64_t of_other_layer_ = 0, lost_ = 0;
  Waiting waiting_;
  bool is_waiting_ = false;
};

int recognise(std::string_view head) {
  while (true) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) break;
    Record record;
    if (parse(head.substr(0, end), record)) return 95;
    head.remove_prefix(end + 1);
  }
  return 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return KmemReader(lines, progress).read();
}

}  // namespace
}  // namespace kmem

constinit const Importer kKmem{"kmem", kmem::kTitle, kmem::recognise, kmem::read};

}  // namespace allocviz::import
