#include "scenarios_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <optional>

namespace allocviz::lessons {
namespace {

using replay::Block;
using replay::BlockState;
using replay::Census;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A number as a note writes it: "0x080", "1024", "49.6".
struct Number {
  double value = 0;
  bool hex = false;
};

struct Scanner {
  std::string_view text;
  std::size_t at = 0;

  bool eat(std::string_view word) {
    if (text.substr(at, word.size()) != word) return false;
    at += word.size();
    return true;
  }
  std::optional<Number> number() {
    if (at >= text.size() || !is_digit(text[at])) return std::nullopt;
    const std::string rest(text.substr(at));
    char* end = nullptr;
    Number found;
    found.hex = rest.compare(0, 2, "0x") == 0;
    // strtod would read the full stop of "level 3." as part of the number: only digits may follow one.
    const std::size_t stop = rest.find_first_not_of("0123456789");
    const bool fraction = !found.hex && stop != std::string::npos && rest[stop] == '.' && stop + 1 < rest.size() &&
                          is_digit(rest[stop + 1]);
    found.value = fraction ? std::strtod(rest.c_str(), &end)
                           : static_cast<double>(std::strtoull(rest.c_str(), &end, found.hex ? 16 : 10));
    at += static_cast<std::size_t>(end - rest.c_str());
    return found;
  }
};

double apply(std::string_view sign, double left, double right) {
  if (sign == " - " || sign == " − ") return left - right;
  if (sign == " + ") return left + right;
  if (sign == " ÷ ") return left / right;
  return static_cast<double>(static_cast<std::uint64_t>(left) ^ static_cast<std::uint64_t>(right));
}

// `a - b ÷ c = d`, division first, the rest from the left; ends at `end`. Nothing where no equation starts here.
std::optional<bool> equation_holds(Scanner ahead, std::size_t& end) {
  const std::optional<Number> first = ahead.number();
  if (!first) return std::nullopt;
  double sum = 0, term = first->value;
  std::string_view pending = " + ";
  bool any = false;
  for (;;) {
    std::string_view sign;
    for (std::string_view candidate : {" - ", " − ", " + ", " ÷ ", " XOR "}) {
      if (ahead.eat(candidate)) sign = candidate;
    }
    if (sign.empty()) break;
    const std::optional<Number> next = ahead.number();
    if (!next) return std::nullopt;
    any = true;
    if (sign == " ÷ ") {
      term = apply(sign, term, next->value);
      continue;
    }
    sum = apply(pending, sum, term);
    pending = sign;
    term = next->value;
  }
  sum = apply(pending, sum, term);
  if (!any || !ahead.eat(" = ")) return std::nullopt;
  const std::optional<Number> right = ahead.number();
  if (!right) return std::nullopt;
  const bool percent = ahead.eat(" %");
  end = ahead.at;
  return std::abs((percent ? 100 * sum : sum) - right->value) < (percent ? 0.05 : 1e-9);
}

bool follows_letter(std::string_view text, std::size_t at) {
  return at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '.');
}

std::size_t unit_bytes(Scanner& scanner) {
  if (scanner.eat(" KiB")) return 1024;
  if (scanner.eat(" MiB")) return std::size_t{1} << 20;
  Scanner ahead = scanner;
  if (ahead.eat(" B") &&
      (ahead.at >= ahead.text.size() || std::isalnum(static_cast<unsigned char>(ahead.text[ahead.at])) == 0)) {
    scanner = ahead;
    return 1;
  }
  return 0;
}

}  // namespace

void Evidence::add(const Census& census) {
  offsets.insert(0);
  if (census.mark) offsets.insert(*census.mark);
  for (const replay::FreeList& list : census.free_lists) {
    offsets.insert(list.offsets.begin(), list.offsets.end());
    bytes.insert(list.block_bytes);
  }
  if (census.kind == trace::AllocatorKind::Buddy) {
    levels = std::max(levels, static_cast<int>(census.free_lists.size()));
  }
  std::uint64_t free_run = 0;
  for (const Block& block : census.blocks) {
    offsets.insert(block.offset);
    bytes.insert(block.size);
    if (block.state == BlockState::Live) bytes.insert({block.requested, block.size - block.requested});
    free_run = block.state == BlockState::Free || block.state == BlockState::Fresh ? free_run + block.size : 0;
    bytes.insert(free_run);
  }
  const replay::Figures& figures = census.figures;
  bytes.insert({census.arena_bytes, figures.live_requested, figures.live_rounded, figures.free, figures.largest_free,
                figures.reserved, figures.live_rounded - figures.live_requested});
  for (double share : {replay::internal_fragmentation(figures), replay::external_fragmentation(figures, census.kind)}) {
    tenths_percent.insert(static_cast<std::uint64_t>(std::lround(1000 * share)));
  }
}

std::vector<std::string> unproven(std::string_view note, const Evidence& evidence) {
  std::vector<std::string> faults;
  Scanner scanner{note};
  std::size_t equation_end = 0;
  while (scanner.at < note.size()) {
    if (scanner.eat("level ")) {
      const std::optional<Number> level = scanner.number();
      if (level && level->value >= evidence.levels) faults.push_back(fmt::format("there is no level {}", level->value));
      continue;
    }
    if (scanner.eat("event ")) {
      const std::optional<Number> event = scanner.number();
      if (event && (event->value < 1 || event->value > static_cast<double>(evidence.events))) {
        faults.push_back(fmt::format("there is no event {}", event->value));
      }
      continue;
    }
    if (!is_digit(note[scanner.at]) || follows_letter(note, scanner.at)) {
      ++scanner.at;
      continue;
    }
    const std::size_t start = scanner.at;
    const bool mask = start >= 5 && note.substr(start - 5, 5) == " XOR ";  // of an offset: a block's size in its base
    if (start >= equation_end && equation_holds(scanner, equation_end) == false) {
      faults.push_back(fmt::format("\"{}\" does not add up", note.substr(start, 40)));
    }
    const Number number = *scanner.number();
    const std::uint64_t whole = static_cast<std::uint64_t>(number.value);
    if (mask) {
      if (evidence.bytes.count(whole) == 0) faults.push_back(fmt::format("nothing measures {} B", whole));
    } else if (number.hex) {
      if (evidence.offsets.count(whole) == 0) faults.push_back(fmt::format("nothing stands at 0x{:03x}", whole));
    } else if (scanner.eat(" %")) {
      if (evidence.tenths_percent.count(static_cast<std::uint64_t>(std::lround(10 * number.value))) == 0) {
        faults.push_back(fmt::format("nothing is {} %", number.value));
      }
    } else if (const std::size_t unit = unit_bytes(scanner); unit != 0) {
      if (evidence.bytes.count(whole * unit) == 0) faults.push_back(fmt::format("nothing measures {} B", whole * unit));
    }
  }
  return faults;
}

}  // namespace allocviz::lessons
