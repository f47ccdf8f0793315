// The words of tables: names of columns, operations and units, and small pieces of text that their readers share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/import/csv_table.h"

namespace allocviz::import {

inline constexpr std::string_view kCsvBlanks = " \t";

[[nodiscard]] inline bool is_csv_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] inline bool is_csv_digit(char c) {
  return c >= '0' && c <= '9';
}
// Without the blanks around it.
[[nodiscard]] std::string_view csv_trimmed(std::string_view text);
// Lower case, with the micro sign (U+00B5, or the Greek letter U+03BC) as the letter that stands for it.
[[nodiscard]] std::string csv_plain(std::string_view text);

struct CsvName {
  std::string_view name;  // in lower case, its words joined
  CsvField field;
};
[[nodiscard]] const CsvName* csv_field_named(std::string_view name);  // nullptr where there is none

struct CsvUnit {
  std::string_view name;
  std::uint64_t size;  // bytes, 0 = none of sizes
  std::uint64_t time;  // nanoseconds, 0 = none of time
};
[[nodiscard]] const CsvUnit* csv_unit_named(std::string_view name);  // nullptr where there is none

}  // namespace allocviz::import
