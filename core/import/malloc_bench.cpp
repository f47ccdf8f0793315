// The traces of Clayton Knittel's malloc-bench: one protobuf message, packed with gzip.
//
//   Tracefile  1: repeated TraceLine    2: how many blocks live at most
//   TraceLine  one of  1: Malloc   { 1: result id   2: size          3: alignment }
//                      2: Free     { 1: id          2: size          3: alignment, both as hints }
//                      3: Realloc  { 1: result id   2: id   3: size }
//                      4: Calloc   { 1: result id   2: count   3: size of one }
//
//   0a 07  0a 05  08 00  10 d2 09        line of 7 bytes: Malloc of 5 bytes: id 0, size 1234
//
// An id is the slot of a block that lives, and is used again after its end; where it is absent, the null pointer is
// meant. The message is as long as the file, so its lines are taken one at a time from what is buffered and only these
// are given to the library.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"

namespace allocviz::import {
namespace malloc_bench {
namespace {

using protozero::pbf_wire_type;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;
using trace::Trouble;

constexpr std::string_view kTitle = "malloc-bench trace";
constexpr std::uint64_t kMostLineBytes = 4096;                     // three numbers, and what a later version may add
constexpr std::uint64_t kMostFieldBytes = std::uint64_t{1} << 31;  // what protobuf allows of a whole message

enum class Call : std::uint8_t { None, Malloc, Free, Realloc, Calloc };

struct Line {
  Call call = Call::None;
  std::optional<std::uint64_t> numbers[4];  // by the number of their field, from 1

  [[nodiscard]] std::uint64_t number(std::size_t field) const { return numbers[field].value_or(0); }
};

// A call's fields, those of a later version passed over.
void take_numbers(protozero::pbf_reader fields, Call call, Line& line) {
  line = {call, {}};
  while (fields.next()) {
    if (fields.tag() <= 3 && fields.wire_type() == pbf_wire_type::varint) {
      line.numbers[fields.tag()] = fields.get_uint64();
    } else {
      fields.skip();
    }
  }
}

// The last of the calls in a line, as protobuf's oneof has it; a call of None is one of a later version. false where
// it is no protobuf.
bool parse(std::string_view bytes, Line& line) {
  try {
    protozero::pbf_reader calls(bytes.data(), bytes.size());
    line = {};
    while (calls.next()) {
      if (calls.tag() <= 4 && calls.wire_type() == pbf_wire_type::length_delimited) {
        const auto call = static_cast<Call>(calls.tag());
        take_numbers(calls.get_message(), call, line);
      } else {
        calls.skip();
      }
    }
    return true;
  } catch (const protozero::exception&) {
    return false;
  }
}

class MallocBenchReader {
 public:
  MallocBenchReader(trace::LineReader& lines, const trace::Progress& progress)
      : file_(lines.source().name()), log_(lines, progress), lives_(builder_) {
    lives_.hide_addresses();
    builder_.header().format = kMallocBench.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what the benchmark asks of an allocator
  }

  Result<Trace> read() {
    while (true) {
      const std::uint64_t begin = at_;
      std::uint64_t key = 0;
      const Result<Got> got = take_varint(key);
      if (!got) return got.trouble();
      if (*got == Got::End && at_ == begin) break;  // between two fields
      const Result<Got> whole = *got == Got::All ? take_field(key) : got;
      if (!whole) return whole.trouble();
      if (*whole == Got::End) {
        is_cut_ = true;
        break;
      }
    }
    log_.take(used_, lines_ - lines_told_);
    log_.count_rows(lines_);
    if (Status status = log_.finish(builder_, kTitle); !status) return std::move(status).trouble();
    lives_.warn_of_added_frees();
    if (is_cut_) builder_.warn("the log is cut short: its last line is not complete and was left out");
    return std::move(builder_).finish();
  }

 private:
  enum class Got : std::uint8_t { All, End };  // whether all of it was there

  // The next bytes that are buffered; empty at the end.
  Result<std::string_view> buffered() {
    if (used_ < chunk_.size() && lines_ - lines_told_ < LineLog::kLinesBetweenReports) return chunk_.substr(used_);
    log_.take(used_, lines_ - lines_told_);
    lines_told_ = lines_;
    used_ = 0;
    const Result<std::string_view> more = log_.ahead();
    if (!more) return more.trouble();
    chunk_ = *more;
    return chunk_;
  }
  void use(std::size_t bytes) {
    used_ += bytes;
    at_ += bytes;
  }

  Result<Got> take_varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const Result<std::string_view> bytes = buffered();
      if (!bytes) return bytes.trouble();
      if (bytes->empty()) return Got::End;
      const auto byte = static_cast<std::uint8_t>(bytes->front());
      use(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return Got::All;
    }
    return fault("a number does not end after ten bytes");
  }

  Result<Got> skip(std::uint64_t length) {
    while (length != 0) {
      const Result<std::string_view> bytes = buffered();
      if (!bytes) return bytes.trouble();
      if (bytes->empty()) return Got::End;
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes->size()));
      use(part);
      length -= part;
    }
    return Got::All;
  }

  Result<Got> take_field(std::uint64_t key) {
    const auto type = static_cast<pbf_wire_type>(key & 7);
    if (key >> 3 == 0 || key > std::numeric_limits<std::uint32_t>::max())
      return fault("a field has an impossible number");
    if (type == pbf_wire_type::varint) return take_varint(key);
    if (type == pbf_wire_type::fixed64) return skip(8);
    if (type == pbf_wire_type::fixed32) return skip(4);
    if (type != pbf_wire_type::length_delimited) return fault("a field is of an unknown type");
    std::uint64_t length = 0;
    const Result<Got> got = take_varint(length);
    if (!got || *got == Got::End) return got;
    if (key >> 3 == 1) return take_line(length);
    if (length > kMostFieldBytes) return fault(fmt::format("a field is said to have {} B", length));
    return skip(length);
  }

  Result<Got> take_line(std::uint64_t length) {
    if (length > kMostLineBytes) return fault(fmt::format("a line is said to have {} B", length));
    part_.clear();
    while (true) {
      const Result<std::string_view> bytes = buffered();
      if (!bytes) return bytes.trouble();
      const std::string_view ready = bytes->substr(0, length - part_.size());
      if (part_.empty() && ready.size() == length) {
        const Status status = take_whole(ready);
        use(ready.size());
        if (!status) return status.trouble();
        return Got::All;
      }
      if (ready.empty()) return Got::End;
      part_.append(ready);
      use(ready.size());
      if (part_.size() == length) {
        if (Status status = take_whole(part_); !status) return std::move(status).trouble();
        return Got::All;
      }
    }
  }

  Status take_whole(std::string_view bytes) {
    ++lines_;
    Line line;
    if (!parse(bytes, line) || line.call == Call::None) {
      log_.leave_out(lines_);
      return trace::Done{};
    }
    return take_call(line);
  }

  // Slots are the addresses of the blocks, one higher: there the null pointer has no slot and is 0. The last slot there
  // could be has no such number.
  static std::uint64_t addr(const std::optional<std::uint64_t>& slot) { return slot ? *slot + 1 : 0; }

  Status take_call(const Line& line) {
    const bool is_wrong =
        line.numbers[1] == ~std::uint64_t{0} || (line.call == Call::Realloc && line.numbers[2] == ~std::uint64_t{0});
    const std::uint64_t first = addr(line.numbers[1]), second = addr(line.numbers[2]);
    RawEvent event;
    if (!is_wrong && line.call == Call::Free) return lives_.free(event, first);
    std::uint64_t size = line.number(line.call == Call::Malloc ? 2 : 3);
    if (!is_wrong && line.call == Call::Realloc && size == 0 && first == 0) return lives_.free(event, second);
    if (line.call == Call::Calloc && __builtin_mul_overflow(line.number(2), size, &size)) size = ~std::uint64_t{0};
    if (is_wrong || (size > kMaxSize && first != 0)) {  // nobody was ever given that much
      log_.leave_out(lines_);
      return trace::Done{};
    }
    event.size = log_.clamp_size(size);
    if (line.call == Call::Realloc) return lives_.realloc(event, second, first);
    if (line.call == Call::Malloc && line.number(3) != 0) {
      event.align = std::bit_ceil(std::min(line.number(3), std::uint64_t{1} << 63));
    }
    return lives_.alloc(event, first);
  }

  [[nodiscard]] Trouble fault(std::string what) const {
    trace::Place place;
    place.file = file_;
    place.byte = at_;
    return {std::move(what), std::move(place), "check that the file is whole: no trace of malloc-bench holds that"};
  }

  std::string file_;
  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  std::string_view chunk_;  // what is buffered
  std::size_t used_ = 0;    // of that
  std::uint64_t at_ = 0;    // bytes used in all
  std::uint64_t lines_ = 0, lines_told_ = 0;
  std::string part_;  // of a line over the end of what is buffered
  bool is_cut_ = false;
};

// A line as it is written: one call that fills it, and in that numbers alone.
bool is_line(std::string_view bytes) {
  if (bytes.size() < 2 || static_cast<std::uint8_t>(bytes[1]) != bytes.size() - 2) return false;
  const auto key = static_cast<std::uint8_t>(bytes[0]);
  if ((key & 7) != 2 || key >> 3 < 1 || key >> 3 > 4) return false;
  try {
    protozero::pbf_reader fields(bytes.data() + 2, bytes.size() - 2);
    for (std::uint32_t last = 0; fields.next(); last = fields.tag()) {
      if (fields.tag() <= last || fields.tag() > 3 || fields.wire_type() != pbf_wire_type::varint) return false;
      fields.skip();
    }
    return true;
  } catch (const protozero::exception&) {
    return false;
  }
}

// Three lines in a row, or fewer that are all there is, with the second field at most behind them.
int recognise(std::string_view head) {
  constexpr int kEnough = 16, kFew = 3;
  int lines = 0;
  while (lines < kEnough && head.size() >= 2 && head[0] == '\x0a') {
    const auto length = static_cast<std::uint8_t>(head[1]);
    if (length >= 0x80) return 0;
    if (length + std::size_t{2} > head.size()) break;  // cut there
    if (!is_line(head.substr(2, length))) return 0;
    ++lines;
    head.remove_prefix(length + std::size_t{2});
  }
  if (lines > 0 && head.starts_with('\x10')) {
    head.remove_prefix(1);
    while (!head.empty() && (head[0] & '\x80') != 0) head.remove_prefix(1);
    head.remove_prefix(std::min<std::size_t>(head.size(), 1));
  }
  const bool goes_on = head.empty() || head[0] == '\x0a';
  return lines >= kFew && goes_on ? 90 : lines > 0 && head.empty() ? 40 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return MallocBenchReader(lines, progress).read();
}

}  // namespace
}  // namespace malloc_bench

constinit const Importer kMallocBench{"malloc-bench", malloc_bench::kTitle, malloc_bench::recognise,
                                      malloc_bench::read};

}  // namespace allocviz::import
