// Numbers as tables have them: with units, groups of digits, points and commas.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include "core/import/csv_words.h"
#include "core/import/scan.h"

namespace allocviz::import {
namespace {

// A number with digits behind its point and a unit behind those: the parts.
struct Quantity {
  std::uint64_t whole = 0;
  std::string_view fraction;
  std::string_view unit;
  bool has_fraction = false;
};

// The blanks that stand between groups of digits: a space, a no-break space (U+00A0), a narrow one (U+202F).
std::size_t blank_length(std::string_view text) {
  if (text.starts_with(' ') || text.starts_with('\'')) return 1;
  if (text.starts_with("\xc2\xa0")) return 2;
  return text.starts_with("\xe2\x80\xaf") ? 3 : 0;
}

bool is_group(std::string_view digits) {
  return digits.size() >= 3 && is_csv_digit(digits[0]) && is_csv_digit(digits[1]) && is_csv_digit(digits[2]) &&
         (digits.size() == 3 || !is_csv_digit(digits[3]));
}

// "12,345,678" as "12345678" and "1,5" as "1.5": groups of three digits without what stands between them, and a point
// for a comma that is one. `whole`: a number of bytes, which has no fraction.
std::string without_groups(std::string_view text, bool whole, CsvPoint point) {
  std::string out;
  std::size_t groups = 0;
  char between = 0;  // what stood between the groups so far; ' ' for any blank
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    out += text.substr(0, digits);
    text.remove_prefix(digits);
    const std::size_t blank = blank_length(text);
    const bool is_mark = text.starts_with(',') || text.starts_with('.');
    if (digits == 0 || (blank == 0 && !is_mark)) break;
    const char mark = blank != 0 ? ' ' : text.front();
    const std::string_view behind = text.substr(blank != 0 ? blank : 1);
    const bool may_be = (groups == 0 ? out.size() <= 3 : mark == between) && is_group(behind);
    const std::string_view next = may_be ? behind.substr(3) : std::string_view();
    const bool goes_on = next.size() > 1 && (next[0] == '.' || next[0] == ',') && is_csv_digit(next[1]);
    const bool may_be_point = mark == '.' || (mark == ',' && point == CsvPoint::Comma);
    if (!may_be || (groups == 0 && may_be_point && !whole && !goes_on)) break;
    between = mark;
    ++groups;
    text = behind;
  }
  if (text.starts_with(',') && text.size() > 1 && is_csv_digit(text[1])) {
    out += '.';
    text.remove_prefix(1);
  }
  return out += text;
}

// Most cells are digits and perhaps a unit, and stay as they are.
bool may_have_groups(std::string_view cell, bool whole) {
  const std::size_t point = cell.find('.');
  if (point != std::string_view::npos && (whole || point != cell.rfind('.'))) return true;
  return cell.find_first_of(",'\xc2\xe2 ") != std::string_view::npos;
}

// "1.5e-05" as "0.000015": what data frames write. Text without an exponent stays as it is.
std::string without_exponent(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  std::string_view power = e == std::string_view::npos ? std::string_view() : text.substr(e + 1);
  const bool down = take(power, "-");
  if (!down) take(power, "+");
  std::uint64_t by = 0;
  const std::string_view number = text.substr(0, e);
  if (!take_dec(power, by) || !power.empty() || by > 30 || number.find_first_not_of("0123456789.") != number.npos)
    return std::string(text);
  const std::size_t dot = std::min(number.find('.'), number.size());
  std::string digits(number.substr(0, dot));
  std::size_t point = digits.size();
  if (dot < number.size()) digits += number.substr(dot + 1);
  if (digits.empty() || point == 0 || digits.find('.') != std::string::npos) return std::string(text);
  if (down) {
    digits.insert(0, by, '0');
  } else {
    if (digits.size() < point + by) digits.append(point + by - digits.size(), '0');
    point += by;
  }
  digits.insert(point, 1, '.');
  return digits;
}

// Whether no unit but bytes stands behind the digits.
bool is_bytes(std::string_view cell, std::uint64_t unit) {
  const std::size_t last = cell.find_last_of("0123456789");
  if (last == std::string_view::npos) return false;
  const std::string named = csv_plain(csv_trimmed(cell.substr(last + 1)));
  return named.empty() ? unit == 1 : named == "b" || named == "byte" || named == "bytes";
}

bool take_quantity(std::string_view text, Quantity& quantity, std::string& plain) {
  if (text.find_first_of("eE") != std::string_view::npos) text = plain = without_exponent(text);
  if (!take_dec(text, quantity.whole)) return false;
  if (take(text, ".")) {
    quantity.has_fraction = true;
    std::size_t digits = 0;
    while (digits < text.size() && is_csv_digit(text[digits])) ++digits;
    quantity.fraction = text.substr(0, digits);
    text.remove_prefix(digits);
  }
  quantity.unit = csv_trimmed(text);
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

// What stands behind a time: nothing, "Z", "UTC", or how far the clock is from there, "+02:00", "-0500", "+02".
bool take_zone(std::string_view text, std::uint64_t& ns) {
  text = csv_trimmed(text);
  if (text.empty() || text == "Z" || text == "UTC") return true;
  const bool east = take(text, "+");
  std::uint64_t number = 0, minutes = 0;
  const std::string_view digits = text.substr(east ? 0 : 1);
  if (!east && !take(text, "-")) return false;
  if (!take_dec(text, number)) return false;
  const std::size_t length = digits.size() - text.size();
  if (length == 4) minutes = number % 100, number /= 100;
  if (length == 2 && take(text, ":") && (text.size() != 2 || !take_dec(text, minutes))) return false;
  if (!text.empty() || (length != 2 && length != 4) || number > 14 || minutes > 59) return false;
  const std::uint64_t offset = (number * 60 + minutes) * 60'000'000'000;
  ns = east ? (ns > offset ? ns - offset : 0) : ns + offset;
  return true;
}

// "2024-05-01T12:00:01.5Z" or the time of day alone, since 1970 or midnight; false for anything else.
bool clock_time(std::string_view cell, std::uint64_t& ns) {
  if (cell.starts_with('[') && cell.ends_with(']')) cell = cell.substr(1, cell.size() - 2);
  std::uint64_t year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, days = 0;
  std::string_view rest = cell;
  if (take_dec(rest, year) && (take(rest, "-") || take(rest, "/")) && take_dec(rest, month) &&
      (take(rest, "-") || take(rest, "/")) && take_dec(rest, day) && (take(rest, "T") || take(rest, " "))) {
    if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31) return false;
    const std::chrono::sys_days date =
        std::chrono::year(static_cast<int>(year)) / static_cast<int>(month) / static_cast<int>(day);
    days = static_cast<std::uint64_t>(date.time_since_epoch().count());
    cell = rest;
  }
  if (!take_dec(cell, hours) || !take(cell, ":") || !take_dec(cell, minutes) || !take(cell, ":")) return false;
  if (hours > 9999 || minutes > 59 || !take_dec(cell, seconds) || seconds > 60) return false;
  ns = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1'000'000'000;
  if (!take(cell, ".") && !take(cell, ",")) return take_zone(cell, ns);
  std::uint64_t weight = 100'000'000;
  for (; !cell.empty() && is_csv_digit(cell.front()); cell.remove_prefix(1), weight /= 10)
    ns += static_cast<std::uint64_t>(cell.front() - '0') * weight;
  return take_zone(cell, ns);
}

}  // namespace

bool csv_size(std::string_view cell, std::uint64_t unit, std::uint64_t& bytes, bool& negative, CsvPoint point) {
  negative = take(cell, "-");
  if (!negative) take(cell, "+");
  std::string_view rest = cell;
  if (take_0x(rest, bytes)) return rest.empty();
  std::string grouped;
  if (const bool whole = is_bytes(cell, unit); may_have_groups(cell, whole)) {
    cell = grouped = without_groups(cell, whole, point);
  }
  Quantity quantity;
  std::string plain;
  if (!take_quantity(cell, quantity, plain)) return false;
  if (!quantity.unit.empty()) {
    const CsvUnit* const named = csv_unit_named(csv_plain(quantity.unit));
    if (named == nullptr || named->size == 0) return false;
    unit = named->size;
  }
  return scaled(quantity, unit, bytes);
}

bool csv_address(std::string_view cell, bool bare_hex, std::uint64_t& address) {
  std::string text = csv_plain(cell);
  if (text.ends_with('h')) {
    text.pop_back();
    bare_hex = true;
  } else if (const std::size_t point = text.find('.'); point != std::string::npos && point != 0) {
    if (text.find_first_not_of('0', point + 1) == std::string::npos) text.resize(point);
  }
  address = 0;
  if (text == "(nil)" || text == "nil" || text == "null" || text == "nullptr" || text == "none") return true;
  std::string_view rest = text;
  if (take_0x(rest, address) && rest.empty()) return true;
  rest = text;
  const bool decimal = !bare_hex && text.find_first_not_of("0123456789") == std::string::npos;
  return (decimal ? take_dec(rest, address) : take_hex(rest, address)) && rest.empty();
}

bool csv_time(std::string_view cell, std::uint64_t unit, std::uint64_t& ns, CsvPoint point) {
  if (cell.find(':') != std::string_view::npos) return clock_time(cell, ns);
  std::string grouped;
  if (may_have_groups(cell, false)) cell = grouped = without_groups(cell, false, point);
  Quantity quantity;
  std::string plain;
  if (!take_quantity(cell, quantity, plain)) return false;
  if (!quantity.unit.empty()) {
    const CsvUnit* const named = csv_unit_named(csv_plain(quantity.unit));
    if (named == nullptr || named->time == 0) return false;
    unit = named->time;
  }
  if (unit == 0) unit = quantity.has_fraction ? 1'000'000'000 : 1;
  return scaled(quantity, unit, ns);
}

}  // namespace allocviz::import
