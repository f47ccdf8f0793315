// What glibc with DJ Delorie's malloc tracing writes (mtrace-ctl.so of glibc's malloc trace utilities): an array of
// records in the byte order and the word size of the machine.
//
//   thread:32 | type:8 path:24 | ptr1 | ptr2 | size | size2 | size3 | 2 words      64 bytes, on 32 bits 36
//
//   255 magic           ptr1 = 0x1234, size = bytes a word; the first record, from which order and word are seen
//   1 malloc 2 calloc   ptr2 = result, size = requested (of calloc the product)
//   6 valloc 7 pvalloc  the same, aligned to a page
//   3 free              ptr1
//   4 realloc           ptr1 = old, ptr2 = result, size; where a bit of path says that it became a malloc and a free,
//                       these are the thread's next records
//   5 memalign          ptr2, size, size2 = alignment      8 posix_memalign: the same, and ptr1 = its error
//   0 unused            holes, and zeros up to the end of the mapped file
//
// A record has its place from the beginning of its call and not from where the block changed hands: a thread may be
// given a block whose free by another thread stands a few records further on. Such a free is looked for there and put
// before it.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"

namespace allocviz::import {
namespace glibc_trace {
namespace {

using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "glibc malloc trace utilities";
constexpr std::size_t kAhead = 256;  // records that are looked through for a free that comes late
constexpr std::uint64_t kMagic = 0x1234, kPageBytes = 4096;

enum Type : std::uint8_t {
  kUnused,
  kMalloc,
  kCalloc,
  kFree,
  kRealloc,
  kMemalign,
  kValloc,
  kPvalloc,
  kPosixMemalign,
  kMagicType = 255
};

struct Record {
  std::uint64_t number = 0;  // in the file, from 1
  std::uint64_t thread = 0;
  std::uint8_t type = kUnused;
  bool in_parts = false;  // a realloc whose malloc and free have records of their own
  std::uint64_t ptr1 = 0, ptr2 = 0, size = 0, size2 = 0;

  [[nodiscard]] bool is_free_by_realloc() const { return type == kRealloc && ptr2 == 0 && size == 0; }
  // The address whose block it ends; 0 = none.
  [[nodiscard]] std::uint64_t ends() const {
    if (type == kFree) return ptr1;
    return type == kRealloc && ptr2 != ptr1 && (ptr2 != 0 || size == 0) ? ptr1 : 0;
  }
  // The address where a block begins; 0 = none.
  [[nodiscard]] std::uint64_t begins() const {
    if (type == kFree || type > kPosixMemalign || (type == kPosixMemalign && ptr1 != 0)) return 0;
    return type == kRealloc && ptr2 == ptr1 ? 0 : ptr2;
  }
};

// How a file's words lie.
struct Words {
  bool most_first = false;
  std::size_t bytes = 8;

  [[nodiscard]] std::size_t record_bytes() const { return 8 + 7 * bytes; }
  [[nodiscard]] std::uint64_t number(std::string_view text) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      value = value << 8 | static_cast<unsigned char>(text[most_first ? i : text.size() - 1 - i]);
    }
    return value;
  }
  [[nodiscard]] std::uint64_t word(std::string_view record, std::size_t index) const {
    return number(record.substr(8 + index * bytes, bytes));
  }
};

bool is_magic(std::string_view record, const Words& words) {
  return static_cast<std::uint8_t>(record[4]) == kMagicType && words.word(record, 0) == kMagic &&
         words.word(record, 2) == words.bytes;
}

// From the magic record; false where there is none.
bool take_words(std::string_view head, Words& words) {
  for (const Words& each : {Words{false, 8}, Words{true, 8}, Words{false, 4}, Words{true, 4}}) {
    if (head.size() < each.record_bytes() || !is_magic(head, each)) continue;
    words = each;
    return true;
  }
  return false;
}

Record parse(std::string_view text, const Words& words, std::uint64_t number) {
  // The bits of path are numbered from the type on, which is the lowest byte here and the highest there.
  const auto path = static_cast<std::uint8_t>(text[5]);
  return {number,
          words.number(text.substr(0, 4)),
          static_cast<std::uint8_t>(text[4]),
          (path & (words.most_first ? 0x02 : 0x40)) != 0,
          words.word(text, 0),
          words.word(text, 1),
          words.word(text, 2),
          words.word(text, 3)};
}

// What a realloc became, by address, as far as it is still to come.
struct Parts {
  std::optional<std::uint64_t> freed, made;
};

Parts parts_of(const Record& realloc) {
  Parts parts;
  if (realloc.ends() != 0) parts.freed = realloc.ptr1;
  if (!realloc.is_free_by_realloc()) parts.made = realloc.ptr2;
  return parts;
}

class GlibcTraceReader {
 public:
  GlibcTraceReader(trace::LineReader& lines, const trace::Progress& progress, const Words& words)
      : words_(words), log_(lines, progress), lives_(builder_) {
    builder_.header().format = kGlibcTrace.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(2 * words.bytes);  // what glibc's malloc promises
  }

  Result<Trace> read() {
    while (true) {
      const Result<std::string_view> chunk = log_.ahead();
      if (!chunk) return chunk.trouble();
      if (chunk->empty()) break;
      if (Status status = take_bytes(*chunk); !status) return std::move(status).trouble();
    }
    while (!window_.empty()) {
      if (Status status = take_front(); !status) return std::move(status).trouble();
    }
    if (Status status = finish(); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  Status take_bytes(std::string_view chunk) {
    const std::size_t length = words_.record_bytes();
    if (!part_.empty() || chunk.size() < length) {  // a record over the end of what is buffered
      const std::size_t missing = std::min(length - part_.size(), chunk.size());
      part_.append(chunk.substr(0, missing));
      log_.take(missing, part_.size() == length ? 1 : 0);
      if (part_.size() < length) return trace::Done{};
      const std::string whole = std::exchange(part_, {});
      return arrive(whole);
    }
    const std::uint64_t count = std::min<std::uint64_t>(chunk.size() / length, LineLog::kLinesBetweenReports);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (Status status = arrive(chunk.substr(i * length, length)); !status) return status;
    }
    log_.take(count * length, count);
    return trace::Done{};
  }

  Status arrive(std::string_view text) {
    const Record record = parse(text, words_, ++records_);
    if (record.type == kUnused) return trace::Done{};
    if (record.type == kMagicType && is_magic(text, words_)) return begin();
    if (record.type > kPosixMemalign) {
      log_.leave_out(record.number);
      return trace::Done{};
    }
    if (is_part(record)) return trace::Done{};
    if (record.type == kRealloc && record.in_parts) parts_[record.thread] = parts_of(record);
    window_.push_back(record);
    return window_.size() > kAhead ? take_front() : Status(trace::Done{});
  }

  // Behind the first one another file was appended.
  Status begin() {
    if (++files_ == 1) return trace::Done{};
    while (!window_.empty()) {
      if (Status status = take_front(); !status) return status;
    }
    parts_.clear();
    RawEvent event;
    return lives_.begin_anew(event);
  }

  // Whether it is the malloc or the free that the thread's realloc before it became.
  bool is_part(const Record& record) {
    const auto found = parts_.empty() ? parts_.end() : parts_.find(record.thread);
    if (found == parts_.end()) return false;
    auto& [freed, made] = found->second;
    bool is_one = false;
    if (record.type == kFree && freed == record.ptr1) {
      is_one = true;
      freed.reset();
    } else if (record.type == kMalloc && made == record.ptr2) {
      is_one = true;
      made.reset();
    }
    if (!is_one || (!freed && !made)) parts_.erase(found);
    return is_one;
  }

  Status take_front() {
    const Record record = window_.front();
    window_.pop_front();
    return take_record(record);
  }

  Status take_record(const Record& record) {
    if (record.type == kUnused) return trace::Done{};  // was put before another
    if (const std::uint64_t addr = record.begins(); addr != 0 && lives_.lives_at(addr)) {
      if (Status status = end_before(record, addr); !status) return status;
    }
    RawEvent event;
    event.thread = record.thread;
    if (record.type == kFree || record.is_free_by_realloc()) return lives_.free(event, record.ptr1);
    const bool failed = record.ptr2 == 0 || (record.type == kPosixMemalign && record.ptr1 != 0);
    if (record.size > kMaxSize && !failed) {  // nobody was ever given that much
      log_.leave_out(record.number);
      return trace::Done{};
    }
    event.size = log_.clamp_size(record.size);
    if (record.type == kRealloc) return lives_.realloc(event, record.ptr1, record.ptr2);
    if (record.type == kMemalign || record.type == kPosixMemalign) {
      event.align = std::bit_ceil(std::clamp<std::uint64_t>(record.size2, 2 * words_.bytes, std::uint64_t{1} << 63));
    }
    if (record.type == kValloc || record.type == kPvalloc) event.align = kPageBytes;
    return lives_.alloc(event, failed ? 0 : record.ptr2);
  }

  // A block lives where `record` begins one: another thread's call ended it, whose record comes later.
  Status end_before(const Record& record, std::uint64_t addr) {
    for (Record& late : window_) {
      if (late.ends() != addr || late.thread == record.thread) continue;
      const Record end = std::exchange(late, Record{});
      ++put_in_order_;
      return take_record(end);
    }
    return trace::Done{};
  }

  Status finish() {
    log_.count_rows(records_, "record");
    if (Status status = log_.finish(builder_, kTitle); !status) return status;
    if (!part_.empty()) builder_.warn("the log is cut short: its last record is not complete and was left out");
    if (put_in_order_ != 0) {
      builder_.warn(fmt::format(
          "{} free{} stood behind the request{} of another thread that got the block's place, and {} put before",
          put_in_order_, put_in_order_ == 1 ? "" : "s", put_in_order_ == 1 ? "" : "s",
          put_in_order_ == 1 ? "was" : "were"));
    }
    lives_.warn_of_added_frees();
    if (files_ > 1) {
      builder_.warn(
          fmt::format("{} traces stand in the file, one behind the other: the blocks of each end with it", files_));
    }
    return trace::Done{};
  }

  Words words_;
  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
  std::deque<Record> window_;                       // that were read and not taken
  std::string part_;                                // of a record
  std::unordered_map<std::uint64_t, Parts> parts_;  // by thread
  std::uint64_t records_ = 0, files_ = 0, put_in_order_ = 0;
};

int recognise(std::string_view head) {
  Words words;
  return take_words(head, words) ? 100 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  const Result<std::string_view> head = lines.peek(Words{}.record_bytes());
  if (!head) return head.trouble();
  Words words;
  if (!take_words(*head, words)) {
    return trace::Trouble{"the first record is not what a trace of glibc's malloc begins with",
                          trace::in_file(lines.source().name()), "check that the file is whole"};
  }
  return GlibcTraceReader(lines, progress, words).read();
}

}  // namespace
}  // namespace glibc_trace

constinit const Importer kGlibcTrace{"glibc-trace", glibc_trace::kTitle, glibc_trace::recognise, glibc_trace::read};

}  // namespace allocviz::import
