// The traces that wee_alloc is measured with: a list for Rust's include!.
//
//   Alloc(552),
//   Alloc(120),
//   Free(1),      the second Alloc of the file; counted from 0
//
// Brackets around all of it, blanks and // comments may stand there, and the last comma need not. The place of an Alloc
// is its block's id, as Free names it. No addresses, threads, times or alignments.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace wee_alloc {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "wee_alloc trace";
constexpr std::string_view kBlanks = " \t";

void drop_blanks(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
}

enum class Item : std::uint8_t { End, Alloc, Free, Wrong };

// The next operation of a line; its number in `value`. One of more than 64 bits is the largest number there is. What is
// wrong stays where it is.
Item take_item(std::string_view& line, std::uint64_t& value) {
  drop_blanks(line);
  while (take(line, "[")) drop_blanks(line);
  while (take(line, "]")) drop_blanks(line);
  if (line.empty() || line.starts_with("//")) return Item::End;
  std::string_view rest = line;
  const Item item = take(rest, "Alloc") ? Item::Alloc : take(rest, "Free") ? Item::Free : Item::Wrong;
  drop_blanks(rest);
  if (item == Item::Wrong || !take(rest, "(")) return Item::Wrong;
  drop_blanks(rest);
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (digits == 0) return Item::Wrong;
  std::string_view number = rest.substr(0, digits);
  if (!take_dec(number, value)) value = ~std::uint64_t{0};
  rest.remove_prefix(digits);
  drop_blanks(rest);
  if (!take(rest, ")")) return Item::Wrong;
  drop_blanks(rest);
  const bool comma = take(rest, ",");
  drop_blanks(rest);
  if (!comma && !rest.empty() && !rest.starts_with("//") && !rest.starts_with("]")) return Item::Wrong;
  line = rest;
  return item;
}

class WeeAllocReader {
 public:
  WeeAllocReader(trace::LineReader& lines, const trace::Progress& progress)
      : log_(lines, progress, LineLog::Tail::Keep) {
    builder_.header().format = kWeeAlloc.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what the recorded programs' malloc promised; the log does not say
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      if (Status status = take_line(line); !status) return std::move(status).trouble();
    }
    if (Status status = log_.finish(builder_, kTitle); !status) return std::move(status).trouble();
    return std::move(builder_).finish();
  }

 private:
  Status take_line(std::string_view line) {
    bool any = false;
    while (true) {
      std::uint64_t value = 0;
      const Item item = take_item(line, value);
      if (item == Item::End) {
        if (log_.at_cut_line()) log_.take_cut_line_as_whole();  // its last operation is closed
        return trace::Done{};
      }
      if (item == Item::Wrong) return take_wrong(line, any);
      any = true;
      if (Status status = take_operation(item, value); !status) return status;
    }
  }

  Status take_operation(Item item, std::uint64_t value) {
    RawEvent event;
    event.id_kind = RawEvent::Id::Number;
    event.op = item == Item::Alloc ? Op::Alloc : Op::Free;
    event.id_number = item == Item::Alloc ? allocs_++ : value;
    if (item == Item::Alloc) {
      event.ok = value <= kMaxSize;  // nobody was ever given more
      event.size = log_.clamp_size(value);
    }
    return builder_.append(event);
  }

  Status take_wrong(std::string_view line, bool any) {
    if (line.starts_with("Alloc")) ++allocs_;  // those behind it were counted with it
    if (!log_.at_cut_line()) {
      log_.leave_out();
    } else if (!any) {
      log_.leave_out_cut_line();
    }
    return trace::Done{};
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  std::uint64_t allocs_ = 0;
};

// Nothing but such operations in the first lines. One that the end of the head cuts is not looked at.
int recognise(std::string_view head) {
  constexpr int kMostLines = 64;
  int operations = 0;
  for (int lines = 0; lines < kMostLines && !head.empty(); ++lines) {
    const std::size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::uint64_t value = 0;
    Item item = Item::End;
    while ((item = take_item(line, value)) == Item::Alloc || item == Item::Free) ++operations;
    if (item == Item::Wrong && end != std::string_view::npos) return 0;
  }
  return operations > 0 ? 95 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return WeeAllocReader(lines, progress).read();
}

}  // namespace
}  // namespace wee_alloc

constinit const Importer kWeeAlloc{"wee-alloc", wee_alloc::kTitle, wee_alloc::recognise, wee_alloc::read};

}  // namespace allocviz::import
