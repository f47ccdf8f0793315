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

#include <algorithm>
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
constexpr int kMostNumbers = 6;  // of a header; 2 or 4 are known, forks have others

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  return line;
}

// The lab's own driver reads with scanf, to which any blanks are one.
std::string_view take_cell(std::string_view& line) {
  const std::string_view cell = line.substr(0, std::min(line.find_first_of(" \t"), line.size()));
  line.remove_prefix(cell.size());
  line = trimmed(line);
  return cell;
}

bool parse_event(std::string_view line, RawEvent& event) {
  const std::string_view op = take_cell(line), id = take_cell(line), size = take_cell(line);
  if (op.size() != 1 || !line.empty()) return false;
  if (op == "f" && id == "-1" && size.empty()) {
    event.op = Op::Free;
    event.id_kind = RawEvent::Id::Null;
    return true;
  }
  event.id_kind = RawEvent::Id::Number;
  std::string_view digits = id;
  if (!take_dec(digits, event.id_number) || !digits.empty()) return false;
  if (op == "f") {
    event.op = Op::Free;
    return size.empty();
  }
  event.op = op == "a" ? Op::Alloc : Op::Realloc;
  digits = size;
  return (op == "a" || op == "r") && take_dec(digits, event.size) && digits.empty() && event.size <= kMaxSize;
}

// The numbers of the header, each on a line of its own or all on one. false where something else stands there.
template <class Take>
bool take_numbers(std::string_view line, Take take_one) {
  while (!line.empty()) {
    std::uint64_t number = 0;
    std::string_view digits = take_cell(line);
    take(digits, "-");  // a weight of -1 is one that counts for nothing
    if (!take_dec(digits, number) || !digits.empty() || !take_one(number)) return false;
  }
  return true;
}

class MalloclabReader {
 public:
  MalloclabReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress, LineLog::Tail::Keep) {
    builder_.header().format = kMalloclab.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what the lab asks of an allocator; the log does not say
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
    if (line.empty() || line.front() == '#') return trace::Done{};
    RawEvent event;
    if (parse_event(line, event)) return builder_.append(event);
    const bool header = builder_.size() == 0 && take_numbers(line, [this](std::uint64_t number) {
                          if (header_size_ == header_.size()) return false;
                          header_[header_size_++] = number;
                          return true;
                        });
    if (!header) log_.leave_out();
    return trace::Done{};
  }

  Status finish() {
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (header_size_ > 4) {
      builder_.warn(
          fmt::format("the header has {} numbers where 2 or 4 are known: they were passed over", header_size_));
    }
    const std::uint64_t said = header_size_ == 4 ? header_[2] : header_[1];
    if ((header_size_ == 2 || header_size_ == 4) && said != builder_.size()) {
      builder_.warn(fmt::format("the header says {} operations and the file has {}", said, builder_.size()));
    }
    return trace::Done{};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  std::array<std::uint64_t, kMostNumbers> header_{};
  std::size_t header_size_ = 0;
};

// Two or four numbers, then an operation, or none where they say that there is none. Some left the header away, or part
// of it, or have one of their own: then there have to be some operations.
int recognise(std::string_view head) {
  constexpr int kSome = 3;
  int numbers = 0, events = 0;
  std::uint64_t third = 1;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) return 0;
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty()) continue;
    if (line.front() == '#') continue;
    RawEvent event;
    if (parse_event(line, event)) {
      if (numbers == 2 || numbers == 4) return 95;
      if (++events == kSome) return 30;
    } else if (events != 0 || !take_numbers(line, [&](std::uint64_t number) {
                 if (++numbers == 3) third = number;
                 return numbers <= kMostNumbers;
               })) {
      return 0;
    }
  }
  return events == 0 && numbers == 4 && third == 0 ? 20 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return MalloclabReader(lines, progress).read();
}

}  // namespace
}  // namespace malloclab

constinit const Importer kMalloclab{"malloclab", malloclab::kTitle, malloclab::recognise, malloclab::read};

}  // namespace allocviz::import
