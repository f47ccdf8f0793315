#include "core/import/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "core/import/scan.h"

namespace allocviz::import {
namespace {

constexpr std::uint64_t kMaxTextBytes = std::uint64_t{16} << 20;
constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxStack = std::size_t{1} << 22;  // Python appends to a list by the thousand

struct Refused {
  std::uint8_t opcode;
  std::string_view name;
  std::string_view does;
};

// What would make Python run code, or reach outside the file.
constexpr Refused kRefused[] = {
    {'c', "GLOBAL", "import something by name"},
    {0x93, "STACK_GLOBAL", "import something by name"},
    {'R', "REDUCE", "call a function"},
    {'i', "INST", "import a class and make one of it"},
    {'o', "OBJ", "make an object of a class"},
    {0x81, "NEWOBJ", "make an object of a class"},
    {0x92, "NEWOBJ_EX", "make an object of a class"},
    {'b', "BUILD", "set the state of an object"},
    {'P', "PERSID", "look up an object outside the file"},
    {'Q', "BINPERSID", "look up an object outside the file"},
    {0x82, "EXT1", "import something from Python's registry"},
    {0x83, "EXT2", "import something from Python's registry"},
    {0x84, "EXT4", "import something from Python's registry"},
    {0x97, "NEXT_BUFFER", "use memory outside the file"},
    {0x98, "READONLY_BUFFER", "use memory outside the file"},
};

const Refused* refused(std::uint8_t opcode) {
  const auto found =
      std::find_if(std::begin(kRefused), std::end(kRefused), [&](const Refused& r) { return r.opcode == opcode; });
  return found == std::end(kRefused) ? nullptr : &*found;
}

}  // namespace

PickleReader::PickleReader(trace::LineReader& lines, const trace::Progress& progress, Taker taker)
    : lines_(lines), progress_(progress), taker_(std::move(taker)) {}

trace::Result<std::optional<PickleValue>> PickleReader::read() {
  std::uint8_t opcode = 0;
  while (!stopped_) {
    opcode_at_ = bytes_;
    if (!byte(opcode) || !take(opcode)) break;
    ++opcodes_;
  }
  if (trouble_) return *std::move(trouble_);
  if (!stopped_) return std::optional<PickleValue>();
  return std::optional<PickleValue>(stack_.back());
}

const PickleValue* PickleReader::find(const PickleValue& dict, std::string_view key) const {
  if (dict.kind != Kind::Dict) return nullptr;
  const auto& pairs = items(dict);
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (text(pairs[i]) == key && pairs[i].kind == Kind::Text) return &pairs[i + 1];
  }
  return nullptr;
}

bool PickleReader::refill() {
  lines_.consume(chunk_.size());
  chunk_ = {};
  at_ = 0;
  if (chunks_++ % 16 == 0 && progress_.report) progress_.report(lines_.source().fraction_read());
  if (progress_.stop()) return fault("reading was cancelled", "");
  const auto chunk = lines_.chunk();
  if (!chunk) {
    trouble_ = chunk.trouble();
    return false;
  }
  chunk_ = *chunk;
  return !chunk_.empty();
}

bool PickleReader::byte(std::uint8_t& value) {
  if (at_ == chunk_.size() && !refill()) return false;
  value = static_cast<std::uint8_t>(chunk_[at_++]);
  ++bytes_;
  return true;
}

bool PickleReader::number(unsigned bytes, std::uint64_t& value) {
  value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    std::uint8_t part = 0;
    if (!byte(part)) return false;
    value |= std::uint64_t{part} << (8 * i);
  }
  return true;
}

bool PickleReader::run(std::uint64_t bytes, std::string* into) {
  if (into != nullptr && bytes > kMaxTextBytes) {
    return fault(fmt::format("a text of {} B is said to follow", bytes), "no snapshot holds such a text");
  }
  while (bytes != 0) {
    if (at_ == chunk_.size() && !refill()) return false;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, chunk_.size() - at_));
    if (into != nullptr) into->append(chunk_.substr(at_, part));
    at_ += part;
    bytes_ += part;
    bytes -= part;
  }
  return true;
}

bool PickleReader::line(std::string& text) {
  std::uint8_t c = 0;
  while (byte(c)) {
    if (c == '\n') return true;
    if (text.size() == kMaxLineBytes) return fault("a line of the pickle does not end", "check what the file is");
    text += static_cast<char>(c);
  }
  return false;
}

bool PickleReader::fault(std::string what, std::string todo) {
  trace::Place place;
  place.file = lines_.source().name();
  place.byte = opcode_at_;
  if (!trouble_) trouble_ = trace::Trouble{std::move(what), std::move(place), std::move(todo)};
  return false;
}

bool PickleReader::refuse(std::uint8_t opcode) {
  const Refused* const which = refused(opcode);
  if (which == nullptr) return fault(fmt::format("0x{:02x} is no opcode of a pickle", opcode), "write the file again");
  std::string what;
  if (opcode == 'c' || opcode == 'i') {
    std::string module, name;
    if (line(module) && line(name)) what = clean_text(module.substr(0, 80)) + "." + clean_text(name.substr(0, 80));
  } else if (opcode == 0x93 && stack_.size() >= 2) {
    what =
        clean_text(text(stack_[stack_.size() - 2]).substr(0, 80)) + "." + clean_text(text(stack_.back()).substr(0, 80));
  }
  return fault(
      fmt::format("the pickle asks Python to {} ({}{}{})", which->does, which->name, what.empty() ? "" : " ", what),
      "a memory snapshot holds plain values only, and nothing of a file is ever executed here");
}

bool PickleReader::take(std::uint8_t opcode) {
  switch (opcode) {
    case 0x80: {  // PROTO
      std::uint64_t version = 0;
      if (!number(1, version)) return false;
      return version <= 5 || fault(fmt::format("pickle protocol {} is from the future", version), "write protocol 4");
    }
    case 0x95:  // FRAME: only a hint how much to read at once
      return run(8, nullptr);
    case '.':
      if (stack_.empty()) return fault("the pickle stops with nothing on its stack", "write the file again");
      stopped_ = true;
      return true;
    case 'N':
    case 0x88:
    case 0x89:
    case 'J':
    case 'K':
    case 'M':
    case 'I':
    case 'L':
    case 'F':
    case 'G':
    case 0x8a:
    case 0x8b:
      return take_atom(opcode);
    case 0x8c:
    case 'X':
    case 0x8d:
    case 'V':
    case 'S':
    case 'U':
    case 'T':
    case 'B':
    case 'C':
    case 0x8e:
    case 0x96:
      return take_text(opcode);
    case 0x94:
    case 'p':
    case 'q':
    case 'r':
    case 'g':
    case 'h':
    case 'j':
      return take_memo(opcode);
    default:
      return take_container(opcode);
  }
}

bool PickleReader::take_atom(std::uint8_t opcode) {
  std::uint64_t value = 0;
  switch (opcode) {
    case 'N':
      return push(Kind::None, 0);
    case 0x88:
    case 0x89:
      return push(Kind::Bool, opcode == 0x88 ? 1 : 0);
    case 'J':
      if (!number(4, value)) return false;
      return (value & 0x8000'0000u) != 0 ? push(Kind::Minus, 0) : push(Kind::Int, value);
    case 'K':
      return number(1, value) && push(Kind::Int, value);
    case 'M':
      return number(2, value) && push(Kind::Int, value);
    case 'G': {  // a double, big endian
      if (!number(8, value)) return false;
      const auto real = std::bit_cast<double>(__builtin_bswap64(value));
      return push(Kind::Float, real > 0 && real < 1e18 ? static_cast<std::uint64_t>(real) : 0);
    }
    case 0x8a:
      return number(1, value) && take_long(value);
    case 0x8b:
      return number(4, value) && take_long(value);
    default:
      return take_line_number(opcode == 'F');
  }
}

// Two's complement, little endian, of any length.
bool PickleReader::take_long(std::uint64_t bytes) {
  std::uint64_t value = 0;
  std::uint8_t last = 0;
  bool fits = true;
  for (std::uint64_t i = 0; i < bytes; ++i) {
    if (!byte(last)) return false;
    if (i < 8) value |= std::uint64_t{last} << (8 * i);
    if (i >= 8 && last != 0) fits = false;
  }
  if (bytes != 0 && (last & 0x80) != 0) return push(Kind::Minus, 0);
  return fits ? push(Kind::Int, value) : push(Kind::None, 0);
}

bool PickleReader::take_line_number(bool is_float) {
  std::string digits;
  if (!line(digits)) return false;
  if (digits.ends_with('L')) digits.pop_back();
  std::string_view rest = digits;
  std::uint64_t value = 0;
  if (rest.starts_with('-')) return push(is_float ? Kind::Float : Kind::Minus, 0);
  if (is_float) {
    const double real = std::strtod(digits.c_str(), nullptr);
    return push(Kind::Float, real > 0 && real < 1e18 ? static_cast<std::uint64_t>(real) : 0);
  }
  if (digits == "00" || digits == "01") return push(Kind::Bool, digits == "01" ? 1 : 0);
  if (!take_dec(rest, value) || !rest.empty()) return push(Kind::None, 0);
  return push(Kind::Int, value);
}

bool PickleReader::take_text(std::uint8_t opcode) {
  std::uint64_t length = 0;
  std::string text;
  if (opcode == 'V' || opcode == 'S') {
    if (!line(text)) return false;
    if (opcode == 'S' && text.size() >= 2) text = text.substr(1, text.size() - 2);  // its quotes
    return push_text(std::move(text));
  }
  const bool is_short = opcode == 0x8c || opcode == 'U' || opcode == 'C';
  const bool is_long = opcode == 0x8d || opcode == 0x8e || opcode == 0x96;
  if (!number(is_short ? 1 : is_long ? 8 : 4, length)) return false;
  if (opcode == 'B' || opcode == 'C' || opcode == 0x8e || opcode == 0x96) {  // bytes: of no use here
    return run(length, nullptr) && push(Kind::None, 0);
  }
  return run(length, &text) && push_text(std::move(text));
}

bool PickleReader::take_memo(std::uint8_t opcode) {
  std::uint64_t index = 0;
  if (opcode == 0x94) return memoize(memo_.size());
  if (opcode == 'p' || opcode == 'g') {
    std::string digits;
    if (!line(digits)) return false;
    std::string_view rest = digits;
    if (!take_dec(rest, index) || !rest.empty()) return fault("a memo has no number", "write the file again");
  } else if (!number(opcode == 'q' || opcode == 'h' ? 1 : 4, index)) {
    return false;
  }
  return opcode == 'p' || opcode == 'q' || opcode == 'r' ? memoize(index) : recall(index);
}

bool PickleReader::take_container(std::uint8_t opcode) {
  std::size_t from = 0;
  switch (opcode) {
    case '(':
      marks_.push_back(stack_.size());
      return marks_.size() <= kMaxStack || fault("its stack is too deep", "check what the file is");
    case '}':
      return push_list(Kind::Dict, stack_.size());
    case ']':
    case ')':
    case 0x8f:
      return push_list(Kind::List, stack_.size());
    case 't':
    case 'l':
    case 0x91:
      return pop_mark(from) && push_list(Kind::List, from);
    case 'd':
      return pop_mark(from) && push_list(Kind::Dict, from);
    case 0x85:
    case 0x86:
    case 0x87: {
      const std::size_t count = opcode - 0x84u;
      if (stack_.size() < count + (marks_.empty() ? 0 : marks_.back())) break;
      return push_list(Kind::List, stack_.size() - count);
    }
    case 'a':
      if (stack_.size() < 2) break;
      return append(stack_.size() - 1);
    case 'e':
    case 0x90:
      return pop_mark(from) && append(from);
    case 's':
      if (stack_.size() < 3) break;
      return set_items(stack_.size() - 2);
    case 'u':
      return pop_mark(from) && set_items(from);
    case '0':
      if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size())) break;
      stack_.pop_back();
      return true;
    case '1':
      if (!pop_mark(from)) return false;
      stack_.resize(from);
      return true;
    case '2':
      if (stack_.empty()) break;
      return push(stack_.back().kind, stack_.back().number);
    default:
      return refuse(opcode);
  }
  return fault("it takes more from its stack than is there", "write the file again");
}

bool PickleReader::push(Kind kind, std::uint64_t number) {
  if (stack_.size() == kMaxStack) return fault("its stack is too deep", "check what the file is");
  stack_.push_back({kind, number});
  return true;
}

bool PickleReader::push_text(std::string text) {
  texts_.push_back(std::move(text));
  return push(Kind::Text, texts_.size() - 1);
}

bool PickleReader::push_list(Kind kind, std::size_t from) {
  if (kind == Kind::Dict && (stack_.size() - from) % 2 != 0) return fault("a key has no value", "write the file again");
  items_.emplace_back(stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
  stack_.resize(from);
  return push(kind, items_.size() - 1);
}

bool PickleReader::append(std::size_t from) {
  if (from == 0 || stack_[from - 1].kind != Kind::List) return fault("it appends to no list", "write the file again");
  const std::uint64_t list = stack_[from - 1].number;
  for (std::size_t i = from; i < stack_.size(); ++i) {
    const PickleValue item = stack_[i];
    if (!taker_(list, item)) {
      items_[list].push_back(item);
    } else if (item.kind == Kind::Dict || item.kind == Kind::List) {
      std::vector<PickleValue>().swap(items_[item.number]);
    }
  }
  stack_.resize(from);
  return true;
}

bool PickleReader::set_items(std::size_t from) {
  if (from == 0 || stack_[from - 1].kind != Kind::Dict)
    return fault("it sets a key of no dict", "write the file again");
  if ((stack_.size() - from) % 2 != 0) return fault("a key has no value", "write the file again");
  auto& pairs = items_[stack_[from - 1].number];
  pairs.insert(pairs.end(), stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
  stack_.resize(from);
  return true;
}

bool PickleReader::pop_mark(std::size_t& from) {
  if (marks_.empty() || marks_.back() > stack_.size()) return fault("a mark is missing", "write the file again");
  from = marks_.back();
  marks_.pop_back();
  return true;
}

// Python numbers its memos one after the other, so an index beyond the opcodes read so far only wants memory.
bool PickleReader::memoize(std::uint64_t index) {
  if (stack_.empty()) return fault("it memoizes nothing", "write the file again");
  if (index > opcodes_) return fault(fmt::format("memo {} comes too early", index), "write the file again");
  if (index >= memo_.size()) memo_.resize(index + 1);
  memo_[index] = stack_.back();
  return true;
}

bool PickleReader::recall(std::uint64_t index) {
  if (index >= memo_.size()) return fault(fmt::format("memo {} was never made", index), "write the file again");
  return push(memo_[index].kind, memo_[index].number);
}

}  // namespace allocviz::import
