// The .rep traces of the CS:APP malloc lab, which many courses and allocators are measured with.
//
//   20000000    header: 4 numbers (heap size, ids, operations, weight; or weight, ids, operations, peak), or only 2
//   4711
//   9441        how many operations; not to be trusted
//   1
//   a 0 15      alloc: id, size
//   r 0 40      realloc: the same id, its new size
//   f 0         free; -1 is the null pointer
//
// The ids are the log's own and stay as they are. No addresses, threads or times.
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace malloclab {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "CS:APP malloc lab";

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line;
}

bool parse_event(std::string_view line, RawEvent& event) {
  if (line.size() < 3 || line[1] != ' ') return false;
  const char op = line.front();
  line.remove_prefix(2);
  if (op == 'f' && line == "-1") {
    event.op = Op::Free;
    event.id_kind = RawEvent::Id::Null;
    return true;
  }
  event.id_kind = RawEvent::Id::Number;
  if (!take_dec(line, event.id_number)) return false;
  if (op == 'f') {
    event.op = Op::Free;
    return line.empty();
  }
  event.op = op == 'a' ? Op::Alloc : Op::Realloc;
  return (op == 'a' || op == 'r') && take(line, " ") && take_dec(line, event.size) && line.empty() &&
         event.size <= kMaxSize;
}

bool is_number(std::string_view line) {
  std::uint64_t number = 0;
  return take_dec(line, number) && line.empty();
}

class MalloclabReader {
 public:
  MalloclabReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress, LineLog::Tail::Keep) {
    builder_.header().format = kMalloclab.format;
    builder_.watch(progress.watcher);
    builder_.header().default_align = 16;  // what the lab asks of an allocator; the log does not say
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      if (Status status = take_line(trimmed(line)); !status) return std::move(status).trouble();
    }
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  Status take_line(std::string_view line) {
    if (line.empty()) return trace::Done{};
    RawEvent event;
    if (parse_event(line, event)) return builder_.append(event);
    std::uint64_t number = 0;
    if (builder_.size() == 0 && header_size_ < header_.size() && take_dec(line, number) && line.empty()) {
      header_[header_size_++] = number;
    } else {
      log_.leave_out();
    }
    return trace::Done{};
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    const std::uint64_t said = header_size_ == 4 ? header_[2] : header_[1];
    if (header_size_ >= 2 && said != builder_.size()) {
      builder_.warn(fmt::format("the header says {} operations and the file has {}", said, builder_.size()));
    }
    return trace::Done{};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  std::array<std::uint64_t, 4> header_{};
  std::size_t header_size_ = 0;
};

// Two or four numbers, each alone on its line, then an operation.
int recognise(std::string_view head) {
  int numbers = 0;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) return 0;
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty()) continue;
    if (is_number(line)) {
      if (++numbers > 4) return 0;
      continue;
    }
    RawEvent event;
    return (numbers == 2 || numbers == 4) && parse_event(line, event) ? 95 : 0;
  }
  return 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return MalloclabReader(lines, progress).read();
}

}  // namespace
}  // namespace malloclab

constinit const Importer kMalloclab{"malloclab", malloclab::kTitle, malloclab::recognise, malloclab::read};

}  // namespace allocviz::import
