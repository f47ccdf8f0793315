#include "core/import/csv_table.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "core/import/scan.h"

namespace allocviz::import {
namespace {

using trace::Op;

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct Named {
  std::string_view name;
  CsvField field;
};

constexpr Named kFields[] = {
    {"op", CsvField::Op},           {"operation", CsvField::Op},      {"action", CsvField::Op},
    {"event", CsvField::Op},        {"type", CsvField::Op},           {"kind", CsvField::Op},
    {"call", CsvField::Op},         {"eventtype", CsvField::Op},      {"function", CsvField::Op},
    {"id", CsvField::Id},           {"handle", CsvField::Id},         {"blockid", CsvField::Id},
    {"allocid", CsvField::Id},      {"allocationid", CsvField::Id},   {"block", CsvField::Id},
    {"object", CsvField::Id},       {"slot", CsvField::Id},           {"addr", CsvField::Addr},
    {"address", CsvField::Addr},    {"ptr", CsvField::Addr},          {"pointer", CsvField::Addr},
    {"mem", CsvField::Addr},        {"newaddr", CsvField::Addr},      {"newaddress", CsvField::Addr},
    {"newptr", CsvField::Addr},     {"pvaddress", CsvField::Addr},    {"result", CsvField::Addr},
    {"retval", CsvField::Addr},     {"old", CsvField::Old},           {"oldaddr", CsvField::Old},
    {"oldaddress", CsvField::Old},  {"oldptr", CsvField::Old},        {"oldpointer", CsvField::Old},
    {"from", CsvField::Old},        {"oldmem", CsvField::Old},        {"size", CsvField::Size},
    {"bytes", CsvField::Size},      {"length", CsvField::Size},       {"len", CsvField::Size},
    {"requested", CsvField::Size},  {"nbytes", CsvField::Size},       {"sizebytes", CsvField::Size},
    {"uisize", CsvField::Size},     {"amount", CsvField::Size},       {"requestedsize", CsvField::Size},
    {"allocsize", CsvField::Size},  {"newsize", CsvField::Size},      {"delta", CsvField::Size},
    {"align", CsvField::Align},     {"alignment", CsvField::Align},   {"t", CsvField::Time},
    {"time", CsvField::Time},       {"timestamp", CsvField::Time},    {"ts", CsvField::Time},
    {"tick", CsvField::Time},       {"ticks", CsvField::Time},        {"thread", CsvField::Thread},
    {"tid", CsvField::Thread},      {"threadid", CsvField::Thread},   {"task", CsvField::Thread},
    {"taskname", CsvField::Thread}, {"threadname", CsvField::Thread}, {"pid", CsvField::Process},
    {"process", CsvField::Process}, {"processid", CsvField::Process}, {"site", CsvField::Site},
    {"caller", CsvField::Site},     {"callsite", CsvField::Site},     {"location", CsvField::Site},
    {"stack", CsvField::Site},      {"backtrace", CsvField::Site},    {"file", CsvField::File},
    {"source", CsvField::File},     {"line", CsvField::Line},         {"lineno", CsvField::Line},
    {"tag", CsvField::Tag},         {"label", CsvField::Tag},         {"category", CsvField::Tag},
    {"pool", CsvField::Tag},        {"heap", CsvField::Tag},          {"heapid", CsvField::Tag},
    {"cache", CsvField::Tag},       {"name", CsvField::Tag},          {"note", CsvField::Note},
    {"comment", CsvField::Note},
};

struct Unit {
  std::string_view name;
  std::uint64_t size;  // bytes, 0 = none of sizes
  std::uint64_t time;  // nanoseconds, 0 = none of time
};

constexpr Unit kUnits[] = {
    {"b", 1, 0},
    {"byte", 1, 0},
    {"bytes", 1, 0},
    {"k", 1024, 0},
    {"kb", 1024, 0},
    {"kib", 1024, 0},
    {"m", std::uint64_t{1} << 20, 0},
    {"mb", std::uint64_t{1} << 20, 0},
    {"mib", std::uint64_t{1} << 20, 0},
    {"g", std::uint64_t{1} << 30, 0},
    {"gb", std::uint64_t{1} << 30, 0},
    {"gib", std::uint64_t{1} << 30, 0},
    {"ns", 0, 1},
    {"nsec", 0, 1},
    {"us", 0, 1'000},
    {"usec", 0, 1'000},
    {"ms", 0, 1'000'000},
    {"msec", 0, 1'000'000},
    {"s", 0, 1'000'000'000},
    {"sec", 0, 1'000'000'000},
    {"seconds", 0, 1'000'000'000},
};

const Unit* unit_named(std::string_view name) {
  const auto found = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& u) { return u.name == name; });
  return found == std::end(kUnits) ? nullptr : &*found;
}

// Lower case, with the micro sign (U+00B5, or the Greek letter U+03BC) as the letter that stands for it.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view two = text.substr(i, 2);
    if (two == "\xc2\xb5" || two == "\xce\xbc") {
      out += 'u';
      ++i;
    } else {
      out += lower(text[i]);
    }
  }
  return out;
}

// A column's name: its words joined, and its last word where that is a unit ("Size (KiB)", "time_us").
struct ColumnName {
  std::string joined, without_unit;
  const Unit* unit = nullptr;
};

ColumnName column_name(std::string_view cell) {
  ColumnName name;
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    name.unit = name.joined.empty() ? nullptr : unit_named(word);
    name.without_unit = name.joined + (name.unit != nullptr ? "" : word);
    name.joined += word;
    word.clear();
  };
  for (const char c : plain(cell)) {
    if (is_letter(c) || is_digit(c)) {
      word += c;
    } else {
      end_word();
    }
  }
  end_word();
  return name;
}

const Named* field_named(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kFields), std::end(kFields), [&](const Named& f) { return f.name == name; });
  return found == std::end(kFields) ? nullptr : &*found;
}

void add_column(CsvColumns& columns, std::size_t column, std::string_view cell) {
  const ColumnName name = column_name(cell);
  const Named* named = field_named(name.joined);
  const bool with_unit = named == nullptr && name.unit != nullptr;
  if (with_unit) named = field_named(name.without_unit);
  if (named == nullptr) return;
  std::size_t& at = columns.at[static_cast<std::size_t>(named->field)];
  if (at != CsvColumns::kNone) return;  // the first of two that mean the same
  at = column;
  if (!with_unit) return;
  if (named->field == CsvField::Size && name.unit->size != 0) columns.size_unit = name.unit->size;
  if (named->field == CsvField::Time && name.unit->time != 0) columns.time_unit = name.unit->time;
}

bool is_enough(const CsvColumns& columns) {
  const bool names_blocks = columns.has(CsvField::Id) || columns.has(CsvField::Addr);
  return names_blocks && (columns.has(CsvField::Size) || columns.has(CsvField::Op));
}

constexpr char kDelimiters[] = {',', ';', '\t', '|'};

struct Word {
  std::string_view word;
  CsvOp op;
};

constexpr Word kOps[] = {
    {"a", {Op::Alloc}},
    {"alloc", {Op::Alloc}},
    {"allocate", {Op::Alloc}},
    {"allocated", {Op::Alloc}},
    {"allocation", {Op::Alloc}},
    {"malloc", {Op::Alloc}},
    {"m", {Op::Alloc}},
    {"calloc", {Op::Alloc}},
    {"valloc", {Op::Alloc}},
    {"memalign", {Op::Alloc}},
    {"alignedalloc", {Op::Alloc}},
    {"posixmemalign", {Op::Alloc}},
    {"new", {Op::Alloc}},
    {"operatornew", {Op::Alloc}},
    {"kmalloc", {Op::Alloc}},
    {"kzalloc", {Op::Alloc}},
    {"vmalloc", {Op::Alloc}},
    {"pvportmalloc", {Op::Alloc}},
    {"tracemalloc", {Op::Alloc}},
    {"heapalloc", {Op::Alloc}},
    {"alloccb", {Op::Alloc}},
    {"cudamalloc", {Op::Alloc}},
    {"mmap", {Op::Alloc}},
    {"f", {Op::Free}},
    {"free", {Op::Free}},
    {"freed", {Op::Free}},
    {"dealloc", {Op::Free}},
    {"deallocate", {Op::Free}},
    {"deallocation", {Op::Free}},
    {"delete", {Op::Free}},
    {"operatordelete", {Op::Free}},
    {"d", {Op::Free}},
    {"release", {Op::Free}},
    {"kfree", {Op::Free}},
    {"vfree", {Op::Free}},
    {"vportfree", {Op::Free}},
    {"tracefree", {Op::Free}},
    {"heapfree", {Op::Free}},
    {"freecb", {Op::Free}},
    {"cudafree", {Op::Free}},
    {"munmap", {Op::Free}},
    {"r", {Op::Realloc}},
    {"realloc", {Op::Realloc}},
    {"reallocate", {Op::Realloc}},
    {"reallocarray", {Op::Realloc}},
    {"resize", {Op::Realloc}},
    {"resized", {Op::Realloc}},
    {"krealloc", {Op::Realloc}},
    {"reset", {Op::Reset}},
    {"mark", {Op::Mark}},
    {"marker", {Op::Mark}},
    {"allocfailed", {Op::Alloc, true}},
    {"mallocfailed", {Op::Alloc, true}},
    {"tracemallocfailed", {Op::Alloc, true}},
    {"oom", {Op::Alloc, true}},
    {"reallocfailed", {Op::Realloc, true}},
};

// A number with digits behind its point and a unit behind those: the parts.
struct Quantity {
  std::uint64_t whole = 0;
  std::string_view fraction;
  std::string_view unit;
  bool has_fraction = false;
};

bool take_quantity(std::string_view text, Quantity& quantity) {
  if (!take_dec(text, quantity.whole)) return false;
  if (take(text, ".")) {
    quantity.has_fraction = true;
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    quantity.fraction = text.substr(0, digits);
    text.remove_prefix(digits);
  }
  quantity.unit = trimmed(text);
  return true;
}

// whole.fraction times the unit, downwards; false where it needs more than 64 bits.
bool scaled(const Quantity& quantity, std::uint64_t unit, std::uint64_t& value) {
  if (__builtin_mul_overflow(quantity.whole, unit, &value)) return false;
  std::uint64_t part = 0, weight = 1;
  for (const char c : quantity.fraction.substr(0, 9)) {
    part = part * 10 + static_cast<std::uint64_t>(c - '0');
    weight *= 10;
  }
  std::uint64_t of_fraction = 0;
  if (__builtin_mul_overflow(part, unit, &of_fraction)) return false;
  return !__builtin_add_overflow(value, of_fraction / weight, &value);
}

}  // namespace

bool CsvRow::split(std::string_view line, char delimiter) {
  cells_.clear();
  unquoted_.clear();
  while (true) {
    const std::size_t first = line.find_first_not_of(delimiter == '\t' ? " " : kBlanks);
    if (first != std::string_view::npos && line[first] == '"') {
      line.remove_prefix(first + 1);
      std::string& text = unquoted_.emplace_back();
      while (true) {
        const std::size_t quote = line.find('"');
        if (quote == std::string_view::npos) return false;
        text += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"')) break;
        text += '"';
        line.remove_prefix(1);
      }
      cells_.push_back(trimmed(text));
      const std::size_t end = line.find(delimiter);  // what stands behind the closing quote belongs to nothing
      if (end == std::string_view::npos) return true;
      line.remove_prefix(end + 1);
      continue;
    }
    const std::size_t end = line.find(delimiter);
    cells_.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return true;
    line.remove_prefix(end + 1);
  }
}

std::optional<CsvColumns> csv_columns(std::string_view header_line) {
  if (header_line.find_first_of("{}[") == 0) return {};  // JSON, whose keys are quoted words between commas too
  for (const char delimiter : kDelimiters) {
    CsvRow row;
    if (header_line.find(delimiter) == std::string_view::npos || !row.split(header_line, delimiter)) continue;
    CsvColumns columns;
    columns.delimiter = delimiter;
    columns.width = row.size();
    for (std::size_t i = 0; i < row.size(); ++i) add_column(columns, i, row[i]);
    if (is_enough(columns)) return columns;
  }
  return {};
}

std::optional<CsvColumns> csv_columns_of_row(std::string_view row_line) {
  for (const char delimiter : kDelimiters) {
    CsvRow row;
    if (!row.split(row_line, delimiter) || row.size() < 2 || row.size() > 4) continue;
    const auto op = csv_op(row[0]);
    std::uint64_t block = 0, size = 0;
    bool negative = false;
    if (!op || !csv_address(row[1], false, block)) continue;
    if (op->op != Op::Free && !csv_size(row[2], 1, size, negative)) continue;
    CsvColumns columns;
    columns.delimiter = delimiter;
    columns.width = 3;
    columns.at[static_cast<std::size_t>(CsvField::Op)] = 0;
    const bool address = row[1].starts_with("0x") || row[1].starts_with("0X");
    columns.at[static_cast<std::size_t>(address ? CsvField::Addr : CsvField::Id)] = 1;
    columns.at[static_cast<std::size_t>(CsvField::Size)] = 2;
    return columns;
  }
  return {};
}

std::optional<CsvOp> csv_op(std::string_view word) {
  if (word == "+") return CsvOp{Op::Alloc};
  if (word == "-") return CsvOp{Op::Free};
  if (word.size() > 32) return {};
  std::string name;
  for (const char c : word) {
    if (is_letter(c)) name += lower(c);
  }
  const auto found = std::find_if(std::begin(kOps), std::end(kOps), [&](const Word& op) { return op.word == name; });
  if (found == std::end(kOps)) return {};
  return found->op;
}

bool csv_size(std::string_view cell, std::uint64_t unit, std::uint64_t& bytes, bool& negative) {
  negative = take(cell, "-");
  if (!negative) take(cell, "+");
  std::string_view rest = cell;
  if (take_0x(rest, bytes)) return rest.empty();
  Quantity quantity;
  if (!take_quantity(cell, quantity)) return false;
  if (!quantity.unit.empty()) {
    const Unit* const named = unit_named(plain(quantity.unit));
    if (named == nullptr || named->size == 0) return false;
    unit = named->size;
  }
  return scaled(quantity, unit, bytes);
}

bool csv_address(std::string_view cell, bool bare_hex, std::uint64_t& address) {
  const std::string text = plain(cell);
  address = 0;
  if (text == "(nil)" || text == "nil" || text == "null" || text == "nullptr" || text == "none") return true;
  std::string_view rest = text;
  if (take_0x(rest, address) && rest.empty()) return true;
  rest = text;
  const bool decimal = !bare_hex && text.find_first_not_of("0123456789") == std::string::npos;
  return (decimal ? take_dec(rest, address) : take_hex(rest, address)) && rest.empty();
}

bool csv_time(std::string_view cell, std::uint64_t unit, std::uint64_t& ns) {
  Quantity quantity;
  if (!take_quantity(cell, quantity)) return false;
  if (!quantity.unit.empty()) {
    const Unit* const named = unit_named(plain(quantity.unit));
    if (named == nullptr || named->time == 0) return false;
    unit = named->time;
  }
  if (unit == 0) unit = quantity.has_fraction ? 1'000'000'000 : 1;
  return scaled(quantity, unit, ns);
}

}  // namespace allocviz::import
