#include "core/import/csv_table.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "core/import/csv_words.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace {

using trace::Op;

// A column's name: its words joined, and its last word where that is a unit ("Size (KiB)", "time_us").
struct ColumnName {
  std::string joined, without_unit;
  const CsvUnit* unit = nullptr;
  bool hex = false;
};

ColumnName column_name(std::string_view cell) {
  ColumnName name;
  std::string word;
  const auto end_word = [&] {
    if (word.empty()) return;
    if (!name.joined.empty() && (word == "hex" || word == "dec" || word == "decimal")) {  // how it is written
      name.hex = word == "hex";
      word.clear();
      return;
    }
    name.unit = name.joined.empty() ? nullptr : csv_unit_named(word);
    name.without_unit = name.joined + (name.unit != nullptr ? "" : word);
    name.joined += word;
    word.clear();
  };
  for (const char c : csv_plain(cell)) {
    if (is_csv_letter(c) || is_csv_digit(c)) {
      word += c;
    } else {
      end_word();
    }
  }
  end_word();
  return name;
}

// Of a call that takes one address and gives another ("ptr,new_ptr") the one that it gives.
bool is_result(std::string_view name) {
  return name.starts_with("new") || name.starts_with("ret") || name == "result";
}

void add_second_address(CsvColumns& columns, std::size_t column, bool result) {
  std::size_t& addr = columns.at[static_cast<std::size_t>(CsvField::Addr)];
  std::size_t& old = columns.at[static_cast<std::size_t>(CsvField::Old)];
  if (old != CsvColumns::kNone || columns.addr_is_result == result) return;
  old = columns.addr_is_result ? column : std::exchange(addr, column);
  columns.addr_is_result = true;
}

std::optional<Op> yes_of(std::string_view name) {
  if (!name.starts_with("is")) return {};
  return name == "isfree" ? Op::Free : Op::Alloc;
}

void add_column(CsvColumns& columns, std::size_t column, std::string_view cell) {
  const auto meaning = csv_meaning(cell);
  if (!meaning) return;
  const CsvField field = meaning->field;
  std::size_t& at = columns.at[static_cast<std::size_t>(field)];
  if (at != CsvColumns::kNone) {  // the first of two that mean the same
    if (field == CsvField::Addr) add_second_address(columns, column, meaning->is_result);
    return;
  }
  at = column;
  columns.addr_is_hex |= meaning->is_hex;
  if (field == CsvField::Op) columns.yes = meaning->yes;
  if (field == CsvField::Addr) columns.addr_is_result = meaning->is_result;
  if (meaning->unit == 0) return;
  if (field == CsvField::Size) columns.size_unit = meaning->unit;
  if (field == CsvField::Time) columns.time_unit = meaning->unit;
  if (field == CsvField::Begin || field == CsvField::End) columns.life_unit = meaning->unit;
}

bool is_enough(const CsvColumns& columns) {
  const bool names_blocks = columns.has(CsvField::Id) || columns.has(CsvField::Addr);
  return names_blocks && (columns.has(CsvField::Size) || columns.has(CsvField::Op));
}

bool all_known(const CsvRow& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const ColumnName name = column_name(row[i]);
    if (csv_field_named(name.joined) == nullptr &&
        (name.unit == nullptr || csv_field_named(name.without_unit) == nullptr)) {
      return false;
    }
  }
  return true;
}

constexpr char kDelimiters[] = {',', ';', '\t', '|', ' '};

// The columns of a row whose operation stands at `op`.
std::optional<CsvColumns> columns_from(const CsvRow& row, std::size_t op, char delimiter) {
  const auto known = csv_op(row[op]);
  if (!known || known->op == Op::Reset || known->op == Op::Mark) return {};
  std::size_t block = op + 1, size = op + 2;
  if (!csv_is_hex(row[block]) && csv_is_hex(row[size])) std::swap(block, size);  // malloc(size) gave an address
  std::uint64_t number = 0;
  bool negative = false;
  // With blanks between the cells, or other cells before them, only an address in hex is sure to be one.
  if ((delimiter == ' ' || op != 0 || row.size() > 4) && !csv_is_hex(row[block])) return {};
  if (!csv_address(row[block], csv_is_hex(row[block]), number)) return {};
  if (known->op != Op::Free && !csv_size(row[size], 1, number, negative)) return {};
  CsvColumns columns;
  columns.delimiter = delimiter;
  columns.width = row.size();
  columns.is_named = false;
  columns.addr_is_hex = csv_is_hex(row[block]) && row[block].find_first_of("xX") == std::string_view::npos;
  columns.at[static_cast<std::size_t>(CsvField::Op)] = op;
  columns.at[static_cast<std::size_t>(csv_is_hex(row[block]) ? CsvField::Addr : CsvField::Id)] = block;
  columns.at[static_cast<std::size_t>(CsvField::Size)] = size;
  return columns;
}

bool is_numbered(std::string_view header_line, char delimiter) {
  return header_line.size() > 1 && header_line[0] == '#' && header_line[1] == delimiter;
}

}  // namespace

bool CsvRow::split(std::string_view line, char delimiter) {
  cells_.clear();
  unquoted_.clear();
  if (delimiter == ' ') {
    for (line = csv_trimmed(line); !line.empty(); line = csv_trimmed(line)) {
      const std::size_t end = std::min(line.find_first_of(kCsvBlanks), line.size());
      cells_.push_back(line.substr(0, end));
      line.remove_prefix(end);
    }
    return true;
  }
  while (true) {
    const std::size_t first = line.find_first_not_of(delimiter == '\t' ? " " : kCsvBlanks);
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
      cells_.push_back(csv_trimmed(text));
      const std::size_t end = line.find(delimiter);  // what stands behind the closing quote belongs to nothing
      if (end == std::string_view::npos) return true;
      line.remove_prefix(end + 1);
      continue;
    }
    const std::size_t end = line.find(delimiter);
    std::string_view cell = csv_trimmed(line.substr(0, end));
    if (cell.size() > 1 && cell.front() == '\'' && cell.back() == '\'')
      cell = csv_trimmed(cell.substr(1, cell.size() - 2));
    cells_.push_back(cell);
    if (end == std::string_view::npos) return true;
    line.remove_prefix(end + 1);
  }
}

std::optional<CsvMeaning> csv_meaning(std::string_view text) {
  const ColumnName name = column_name(text);
  const CsvName* named = csv_field_named(name.joined);
  const bool with_unit = named == nullptr && name.unit != nullptr;
  if (with_unit) named = csv_field_named(name.without_unit);
  if (named == nullptr) return {};
  CsvMeaning meaning;
  const CsvField field = meaning.field = named->field;
  const bool is_time = field == CsvField::Time || field == CsvField::Begin || field == CsvField::End;
  if (with_unit && field == CsvField::Size) meaning.unit = name.unit->size;
  if (with_unit && is_time) meaning.unit = name.unit->time;
  if (field == CsvField::Op) meaning.yes = yes_of(named->name);
  if (field == CsvField::Addr) meaning.is_result = is_result(named->name);
  meaning.is_hex = name.hex && (field == CsvField::Addr || field == CsvField::Old);
  return meaning;
}

std::optional<CsvColumns> csv_columns(std::string_view header_line) {
  // JSON, whose keys are quoted words between commas too, with a time before it or without.
  if (header_line.find_first_of("{}[") == 0 || header_line.find("{\"") != std::string_view::npos) return {};
  for (const char delimiter : kDelimiters) {
    CsvRow row;
    if (header_line.find(delimiter) == std::string_view::npos || !row.split(header_line, delimiter)) continue;
    CsvColumns columns;
    columns.delimiter = delimiter;
    columns.width = row.size();
    for (std::size_t i = 0; i < row.size(); ++i) add_column(columns, i, row[i]);
    if (delimiter == ' ' && !all_known(row)) continue;  // a sentence may have such words in it
    if (is_enough(columns) || (columns.are_lives() && columns.has(CsvField::Size) && all_known(row))) return columns;
  }
  return {};
}

bool csv_all_known(std::string_view header_line, char delimiter) {
  CsvRow row;
  return row.split(header_line, delimiter) && all_known(row);
}

std::optional<CsvColumns> csv_columns_of_row(std::string_view row_line) {
  constexpr std::size_t kMostBefore = 3, kMostCells = 8;
  for (const char delimiter : kDelimiters) {
    CsvRow row;
    if (!row.split(row_line, delimiter) || row.size() < 2 || row.size() > kMostCells) continue;
    for (std::size_t op = 0; op <= kMostBefore && op + 1 < row.size(); ++op) {
      if (op == 0 && row.size() > 5) continue;  // more than a row that begins with its operation has
      if (auto columns = columns_from(row, op, delimiter)) return columns;
    }
  }
  return {};
}

bool csv_is_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return true;
  return text.size() == 16 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool csv_is_preamble(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#') || line.starts_with("sep=");
}

CsvBegins csv_begins(std::string_view line, std::optional<CsvColumns>& columns) {
  columns = csv_columns(line);
  if (csv_is_preamble(line) &&
      !(columns && (is_numbered(line, columns->delimiter) || csv_all_known(line, columns->delimiter)))) {
    columns.reset();
    return CsvBegins::Nothing;
  }
  if (columns) return CsvBegins::Names;
  columns = csv_columns_of_row(line);
  return columns ? CsvBegins::Row : CsvBegins::Nothing;
}

std::string_view csv_take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool csv_names_follow(std::string_view text, int most_lines) {
  for (int lines = 0; lines < most_lines && !text.empty(); ++lines) {
    const std::string_view line = csv_take_line(text);
    std::optional<CsvColumns> columns;
    if (csv_begins(line, columns) != CsvBegins::Names) continue;
    std::string_view behind = text;
    CsvRow row;
    if (row.split(csv_take_line(behind), columns->delimiter) && row.size() == columns->width) return true;
  }
  return false;
}

}  // namespace allocviz::import
