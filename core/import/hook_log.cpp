// What somebody's own hook prints, a line a call, in words of their own. None of it is a format; but a line that names
// an operation and has an address and a number says what happened:
//
//   =malloc= 0x20001000, 1016                         pvPortFree: ptr=0x20001000 (task main)
//   [alloc] 64 bytes at 0x55e0c2a0 by parser.c:12     ALLOC 0x104d1f000-0x104d1f00f [size=16]: thread_1 | malloc
//   realloc(0x1000, 64) = 0x2000                      freed 0x2000
//   malloc(8) = 81d220b48                             free(81d220b48)
//
// It is read where nothing else is recognised and most lines are such. The operation is the first word that is one; its
// address the first that is not said to be a caller's, its size what is called one, or is in bytes, or comes first.
// Where there are two addresses a realloc's old one stands before its new one. What was guessed is said.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/import/csv_table.h"
#include "core/import/csv_words.h"
#include "core/import/formats.h"
#include "core/import/line_log.h"
#include "core/import/lives.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace hook_log {
namespace {

using trace::Op;
using trace::RawEvent;
using trace::Result;
using trace::Status;
using trace::Trace;

constexpr std::string_view kTitle = "a line of a hook";

// A number in the line, with the words around it.
struct Number {
  std::uint64_t value = 0;
  bool is_address = false;  // 0x..., nil, NULL
  bool before_op = false;
  bool behind_left_arrow = false;  // new <- old
  std::string_view name;           // the word before it
  std::string_view unit;           // the word behind it
};

struct Call {
  Op op = Op::Alloc;
  std::uint64_t addr = 0, old = 0, size = 0;
};

bool is_word_char(char c) {
  return is_csv_letter(c) || is_csv_digit(c) || c == '_';
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> names) {
  const std::string plain = csv_plain(word);
  return std::find(names.begin(), names.end(), plain) != names.end();
}

// An operation as a word of a sentence: one letter, or a word that means much else, is none.
std::optional<Op> op_of(std::string_view word, std::string_view word_before = {}) {
  if (word == "new" && word_before == "operator") return Op::Alloc;
  if (word.size() < 3 || is_one_of(word, {"new", "release", "resize", "resized", "mmap", "munmap", "oom"})) return {};
  const auto op = csv_op(word);
  if (!op || op->failed || op->op == Op::Reset || op->op == Op::Mark) return {};
  return op->op;
}

// The line's numbers and its first operation; of more numbers than a call has the first ones.
class Pieces {
 public:
  explicit Pieces(std::string_view line) {
    std::string_view last_word;
    bool is_unit = false;  // the last word is that of the number before it: "64 bytes @ 0x1000"
    for (std::size_t at = 0; at < line.size();) {
      if (!is_word_char(line[at])) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (end < line.size() && is_word_char(line[end])) ++end;
      end = end_of_groups(line, at, end);
      const std::string_view word = line.substr(at, end - at);
      // "12:34:56.789", "#3", "parser.c:12", "-1": parts of something that is no size.
      const char before = at == 0 ? ' ' : line[at - 1], behind = end == line.size() ? ' ' : line[end];
      const bool is_part = std::string_view(".:#-'/").find(before) != std::string_view::npos ||
                           ((behind == '.' || behind == ':') && end + 1 < line.size() && is_csv_digit(line[end + 1]));
      const bool has_number_before = numbers_.open && !numbers_.all[numbers_.count - 1].is_address;
      if (numbers_.open) numbers_.unit(word);
      const bool is_pointer = is_bare_pointer(word, line.substr(0, at), last_word);
      const bool is_named = !is_unit || !(word.starts_with("0x") || word.starts_with("0X"));
      const std::size_t count = numbers_.count;
      if (add_number(word, is_part, is_pointer ? "ptr" : is_named ? last_word : std::string_view())) {
        if (numbers_.count != count) numbers_.all[count].behind_left_arrow = is_behind_left_arrow(line.substr(0, at));
        last_word = {};
        is_unit = false;
      } else {
        if (!op_ && (op_ = op_of(word, last_word))) name_ = word;
        is_unit = has_number_before && is_one_of(word, {"bytes", "byte", "b", "kb", "kib", "mb", "mib"});
        last_word = word;
      }
      at = end;
    }
  }

  [[nodiscard]] std::optional<Op> op() const { return op_; }

  [[nodiscard]] std::optional<Call> call() const {
    if (!op_) return {};
    Call call;
    call.op = *op_;
    const Number* const first = address(0);
    if (first == nullptr) return {};
    call.addr = first->value;
    if (call.op == Op::Free) return call;
    const Number* const second = address(1);
    if (call.op == Op::Realloc) {
      if (second == nullptr) return {};
      const bool new_first = (is_of_new(*first) && !is_of_new(*second)) || (is_of_old(*second) && !is_of_old(*first));
      call.old = (new_first ? second : first)->value;
      call.addr = (new_first ? first : second)->value;
    } else if (second != nullptr && size_number() == nullptr) {  // malloc(0x40) = 0x1000
      call.size = first->value;
      call.addr = second->value;
      return call;
    } else if (second != nullptr && is_of_new(*second) && !is_of_new(*first)) {
      call.addr = second->value;
    }
    const Number* const size = size_number();
    if (size == nullptr) return {};
    call.size = bytes_of(*size);
    const std::string name = csv_plain(name_);
    const bool unnamed = !is_size_name(size->name);
    if (const Number* const behind = number_behind(size);  // the first one is the alignment
        unnamed && behind != nullptr && (name.ends_with("memalign") || name.ends_with("aligned_alloc"))) {
      call.size = behind->value;
    }
    const bool counts = name.ends_with("calloc") && unnamed;
    if (const Number* const each = counts ? number_behind(size) : nullptr) {
      if (__builtin_mul_overflow(call.size, each->value, &call.size)) return {};
    }
    return call;
  }

 private:
  static constexpr std::size_t kMost = 8;

  // Of a realloc's two addresses the words before them tell which is which, wherever they stand.
  static bool is_of_new(const Number& number) {
    const std::string name = csv_plain(number.name);
    return name.starts_with("new") || name.starts_with("ret") || is_one_of(name, {"result", "res", "to", "now"});
  }
  static bool is_of_old(const Number& number) {
    const std::string name = csv_plain(number.name);
    return number.behind_left_arrow || name.starts_with("old") || name.starts_with("prev") ||
           name.starts_with("orig") || is_one_of(name, {"was", "from"});
  }
  static bool is_behind_left_arrow(std::string_view before) { return csv_trimmed(before).ends_with("<-"); }

  // "1,024 bytes": groups of three digits belong to one number where a unit stands behind them; calloc(4,128) has two.
  static std::size_t end_of_groups(std::string_view line, std::size_t at, std::size_t end) {
    const auto are_digits = [](std::string_view text) {
      return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (end - at > 3 || !are_digits(line.substr(at, end - at))) return end;
    std::size_t last = end;
    while (last + 3 < line.size() && line[last] == ',' && are_digits(line.substr(last + 1, 3))) last += 4;
    std::string_view behind = csv_trimmed(line.substr(last));
    behind = behind.substr(0, std::min(behind.find_first_of(" ,;)"), behind.size()));
    return is_one_of(behind, {"bytes", "byte", "b"}) ? last : end;
  }

  // FreeBSD's utrace writes pointers without 0x: "malloc(8) = 81d220b48", "free(81d220b48)". What a call gave, and what
  // free and realloc take, is hex where it is long enough, digits alone or not, or the null pointer, a 0.
  static bool is_bare_pointer(std::string_view word, std::string_view before, std::string_view last_word) {
    if ((word.size() < 6 && word != "0") || word.size() > 16) return false;
    if (word.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return false;
    if (before.ends_with(") = ")) return true;
    const auto op = before.ends_with('(') ? op_of(last_word) : std::nullopt;
    return op == Op::Free || op == Op::Realloc;
  }

  struct Numbers {
    std::array<Number, kMost> all{};
    std::size_t count = 0;
    bool open = false;  // the last one waits for the word behind it
    void unit(std::string_view word) {
      all[count - 1].unit = word;
      open = false;
    }
  };

  bool add_number(std::string_view word, bool is_part, std::string_view last_word) {
    Number number;
    std::string_view rest = word;
    const bool null = is_one_of(word, {"nil", "null", "nullptr"});
    number.is_address = null || word.starts_with("0x") || word.starts_with("0X");
    if (!null && number.is_address) {
      rest.remove_prefix(2);
      if (!take_hex(rest, number.value) || !rest.empty()) return false;
    } else if (!null) {
      const std::string digits = without_commas(word);
      rest = digits;
      if (is_one_of(last_word, {"addr", "address", "ptr", "pointer", "mem"}) && (word.size() >= 4 || word == "0")) {
        if (!take_hex(rest, number.value) || !rest.empty()) return false;
        number.is_address = true;
        is_part = false;
      } else if (!take_dec(rest, number.value) || !rest.empty()) {
        return false;
      }
      if (is_part && !is_size_name(last_word)) return true;  // a number, and none of ours
    }
    number.before_op = !op_;
    number.name = last_word;
    if (numbers_.count < kMost) {
      numbers_.all[numbers_.count++] = number;
      numbers_.open = true;
    }
    return true;
  }

  static std::string without_commas(std::string_view word) {
    std::string digits(word);
    std::erase(digits, ',');
    return digits;
  }

  // Bytes, from a size with its unit.
  static std::uint64_t bytes_of(const Number& number) {
    const CsvUnit* const unit = csv_unit_named(csv_plain(number.unit));
    std::uint64_t bytes = 0;
    const bool scaled = unit != nullptr && unit->size > 1 && number.unit.size() > 1 &&
                        !__builtin_mul_overflow(number.value, unit->size, &bytes);
    return scaled ? bytes : number.value;
  }

  static bool is_size_name(std::string_view word) {
    return is_one_of(word, {"size", "sz", "len", "length", "bytes", "nbytes", "requested", "s", "new_size", "newsize",
                            "alloc_size", "requested_size", "size_bytes"});
  }

  // The n-th address that is not a caller's, nor that of the heap which gave the block, if there is another one; those
  // behind the operation go before those in front of it.
  [[nodiscard]] const Number* address(std::size_t n) const {
    const Number* const block = address(n, true);
    return block != nullptr || address(0, true) != nullptr ? block : address(n, false);
  }

  [[nodiscard]] const Number* address(std::size_t n, bool no_heaps) const {
    for (const bool before : {false, true}) {
      for (std::size_t i = 0; i < numbers_.count; ++i) {
        const Number& number = numbers_.all[i];
        if (!number.is_address || number.before_op != before || is_size_name(number.name) ||
            (number.name == "from" && op_ != Op::Realloc) ||
            is_one_of(number.name, {"caller", "lr", "pc", "ra", "by", "site", "task", "tid", "thread", "c"})) {
          continue;
        }
        if (no_heaps && is_one_of(number.name, {"heap", "heap_id", "heapid", "pool", "arena", "zone", "cache"}))
          continue;
        if (n-- == 0) return &number;
      }
    }
    return nullptr;
  }

  [[nodiscard]] const Number* size_number() const {
    const Number* best = nullptr;
    int best_rank = 0;
    for (std::size_t i = 0; i < numbers_.count; ++i) {
      const Number& number = numbers_.all[i];
      const int rank = is_one_of(number.name, {"old_size", "oldsize"})                                   ? 0
                       : is_size_name(number.name)                                                       ? 4
                       : number.is_address                                                               ? 0
                       : is_one_of(number.unit, {"bytes", "byte", "b", "kb", "kib", "mb", "mib"})        ? 3
                       : number.before_op                                                                ? 0
                       : is_one_of(number.name, {"line", "task", "tid", "thread", "pid", "cpu", "core"}) ? 0
                                                                                                         : 2;
      if (rank > best_rank) best = &number, best_rank = rank;
    }
    return best;
  }

  [[nodiscard]] const Number* number_behind(const Number* number) const {
    const Number* const next = number + 1;
    return next < numbers_.all.data() + numbers_.count && !next->is_address && next->name.empty() ? next : nullptr;
  }

  Numbers numbers_;
  std::optional<Op> op_;
  std::string_view name_;
};

class HookReader {
 public:
  HookReader(trace::LineReader& lines, const trace::Progress& progress) : log_(lines, progress), lives_(builder_) {
    builder_.header().format = kHookLog.format;
    builder_.watch(progress.watcher);
    builder_.set_default_align(16);  // what malloc promises; nobody says more
  }

  Result<Trace> read() {
    std::string_view line;
    while (true) {
      const Result<bool> more = log_.next(line);
      if (!more) return more.trouble();
      if (!*more) break;
      const Pieces pieces(line);
      const auto call = pieces.call();
      if (!call || (call->size > kMaxSize && call->addr != 0)) {
        if (pieces.op()) log_.leave_out();  // else it is of something else
        continue;
      }
      if (Status status = append(*call); !status) return std::move(status).trouble();
    }
    if (Status status = log_.finish(builder_, kTitle); !status) return std::move(status).trouble();
    lives_.warn_of_added_frees();
    builder_.warn("the lines are of no known format: what they say was guessed from their words");
    return std::move(builder_).finish();
  }

 private:
  Status append(const Call& call) {
    RawEvent event;
    event.size = log_.clamp_size(call.size);
    if (call.op == Op::Free) return lives_.free(event, call.addr);
    if (call.op == Op::Alloc) return lives_.alloc(event, call.addr);
    if (call.addr == 0 && call.size == 0) return lives_.free(event, call.old);
    return lives_.realloc(event, call.old, call.addr);
  }

  trace::TraceBuilder builder_;
  LineLog log_;
  Lives lives_;
};

// Half of the lines, among them two allocations. Sure of it is nobody: every other format goes before.
int recognise(std::string_view head) {
  constexpr int kMostLines = 400;
  int lines = 0, calls = 0, allocs = 0;
  while (lines < kMostLines) {
    const std::size_t end = head.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    ++lines;
    const auto call = Pieces(line).call();
    if (!call) continue;
    ++calls;
    if (call->op == Op::Alloc) ++allocs;
  }
  return allocs >= 2 && calls >= 3 && 2 * calls >= lines ? 10 : 0;
}

Result<Trace> read(trace::LineReader& lines, const trace::Progress& progress, const ReadOptions& /*options*/) {
  return HookReader(lines, progress).read();
}

}  // namespace
}  // namespace hook_log

constinit const Importer kHookLog{"hook-log", "lines of one's own malloc hook", hook_log::recognise, hook_log::read};

}  // namespace allocviz::import
