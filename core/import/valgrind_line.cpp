#include "core/import/valgrind_line.h"

#include <cstddef>

#include "core/import/log_time.h"
#include "core/import/scan.h"

namespace allocviz::import::valgrind {
namespace {

// What stands between the brackets. Newer valgrinds print what older ones labelled: "64, 99" for "al 64, size 99".
struct Arguments {
  static constexpr std::size_t kMost = 3;
  std::uint64_t values[kMost] = {};
  std::size_t count = 0;
  std::optional<std::uint64_t> align, size;  // the labelled ones
};

bool take_arguments(std::string_view& text, Arguments& arguments) {
  while (arguments.count < Arguments::kMost && !text.starts_with(')')) {
    if (arguments.count != 0 && !take(text, ",")) return false;
    take(text, " ");
    std::optional<std::uint64_t>* const labelled = take(text, "al ")     ? &arguments.align
                                                   : take(text, "size ") ? &arguments.size
                                                                         : nullptr;
    std::uint64_t& value = arguments.values[arguments.count];
    if (!take_0x(text, value) && !take_dec(text, value)) return false;
    if (labelled != nullptr) *labelled = value;
    ++arguments.count;
  }
  return take(text, ")");
}

void set_product(Call& call, std::uint64_t count, std::uint64_t each) {
  if (!__builtin_mul_overflow(count, each, &call.size)) return;
  if (call.kind == Call::Kind::Alloc) call.kind = Call::Kind::Overflow;
  call.size = ~std::uint64_t{0};
}

bool is_free(std::string_view name) {
  return name == "free" || name == "cfree" || name == "free_sized" || name == "free_aligned_sized" ||
         name.starts_with("_Zd") || name == "__builtin_delete" || name == "__builtin_vec_delete";
}

bool is_aligned(std::string_view name) {
  return name == "memalign" || name == "aligned_alloc" || name == "posix_memalign";
}

bool is_new(std::string_view name) {
  return name.starts_with("_Zn") || name == "__builtin_new" || name == "__builtin_vec_new";
}

bool is_no_change(std::string_view name) {
  return name == "malloc_usable_size" || name == "malloc_size" || name == "mallinfo" || name == "mallinfo2";
}

bool is_known(std::string_view name) {
  return is_free(name) || is_aligned(name) || is_new(name) || is_no_change(name) || name == "malloc" ||
         name == "calloc" || name == "realloc" || name == "reallocf" || name == "reallocarray" || name == "valloc" ||
         name == "pvalloc";
}

// The pair of an aligned request: memalign's and posix_memalign's alignment is said first, operator new's last.
bool set_aligned(std::string_view name, const Arguments& arguments, Call& call) {
  const std::size_t first = arguments.count == 3 ? 1 : 0;  // behind where posix_memalign puts the pointer
  if (arguments.count != first + 2 || (first == 1) != (name == "posix_memalign" && !arguments.align)) return false;
  const std::uint64_t a = arguments.values[first], b = arguments.values[first + 1];
  call.align = arguments.align.value_or(is_new(name) ? b : a);
  call.size = arguments.size.value_or(is_new(name) ? a : b);
  return true;
}

// What the call means; false where the function is not one of the allocation interface or has other arguments.
bool set_call(std::string_view name, const Arguments& arguments, Call& call) {
  using Kind = Call::Kind;
  const auto& [first, second, third] = arguments.values;
  const auto has = [&](std::size_t count) { return arguments.count == count; };
  if (is_no_change(name)) {
    call.kind = name.starts_with("mallinfo") ? Kind::Nothing : Kind::Other;
    return true;
  }
  if (is_free(name)) {
    call.kind = Kind::Free;
    call.addr = first;
    return arguments.count >= 1;  // a size or an alignment may follow
  }
  if (name == "realloc" || name == "reallocf" || name == "reallocarray") {
    call.kind = Kind::Realloc;
    call.addr = first;
    call.size = second;
    if (name == "reallocarray") set_product(call, second, third);
    return has(name == "reallocarray" ? 3 : 2);
  }
  call.kind = Kind::Alloc;
  call.size = first;
  if (name == "calloc") set_product(call, first, second);
  if (name == "calloc") return has(2);
  call.is_malloc = name == "malloc";
  if (is_aligned(name) || (is_new(name) && !has(1))) return set_aligned(name, arguments, call);
  return (call.is_malloc || is_new(name) || name == "valloc" || name == "pvalloc") && has(1);
}

bool take_call(std::string_view& text, Call& call) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0) return false;
  const std::string_view name = text.substr(0, open);
  if (name.find_first_of(" =)") != std::string_view::npos) return false;
  text.remove_prefix(open + 1);
  Arguments arguments;
  return take_arguments(text, arguments) && set_call(name, arguments, call);
}

// realloc(NULL, n) also prints malloc(n), realloc(p, 0) also free(p): one call each.
void add_call(std::vector<Call>& calls, const Call& call) {
  if (!calls.empty() && calls.back().kind == Call::Kind::Realloc) {
    Call& before = calls.back();
    if (call.is_malloc && before.addr == 0 && before.size == call.size) return;
    if (call.kind == Call::Kind::Free && before.size == 0 && before.addr == call.addr) {
      before = call;
      return;
    }
  }
  calls.push_back(call);
}

// What memcheck says of a call before it runs, and so behind it in its line: "Argument 'size' of function malloc has a
// fishy (possibly negative) value: -1", "Invalid free() / delete / delete[] / realloc()", "realloc() with size 0".
bool is_complaint(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('('));
  return (text.front() >= 'A' && text.front() <= 'Z') ||
         (name.size() < text.size() && text.substr(name.size()).starts_with("() ") && is_known(name));
}

// "0:00:00:01.300 ", what --time-stamp=yes puts before the process: days, hours, minutes, seconds since the start.
bool take_time_stamp(std::string_view& text, std::optional<std::uint64_t>& clock_ns) {
  constexpr std::uint64_t kMostDays = 10'000;
  std::string_view rest = text;
  std::uint64_t days = 0, hours = 0, minutes = 0, ns = 0;
  if (!take_dec(rest, days) || !take(rest, ":") || !take_dec(rest, hours) || !take(rest, ":") ||
      !take_dec(rest, minutes) || !take(rest, ":") || !take_seconds(rest, ns) || !take(rest, " ")) {
    return false;
  }
  if (days > kMostDays || hours > 23 || minutes > 59 || ns >= 60'000'000'000u) return false;
  clock_ns = ((days * 24 + hours) * 60 + minutes) * 60'000'000'000u + ns;
  text = rest;
  return true;
}

// "--17353-- "; false where the line is not one of these.
bool take_prefix(std::string_view& line, Prefix& prefix) {
  std::string_view rest = line;
  if (!take(rest, "--")) return false;
  take_time_stamp(rest, prefix.clock_ns);
  if (!take_dec(rest, prefix.process) || !take(rest, "-- ")) return false;
  line = rest;
  return true;
}

// "==17353== ": what follows are words of valgrind's.
bool is_words(std::string_view text) {
  std::uint64_t process = 0;
  return take(text, "==") && take_dec(text, process) && text.starts_with("==");
}

// Where the next process' part of the line begins, from `at` on.
std::size_t next_piece(std::string_view line, std::size_t at) {
  for (at = line.find_first_of("-=", at); at != std::string_view::npos; at = line.find_first_of("-=", at + 1)) {
    std::string_view rest = line.substr(at);
    Prefix prefix;
    if (is_words(rest) || take_prefix(rest, prefix)) return at;
  }
  return line.size();
}

}  // namespace

bool parse_body(std::string_view text, Body& body) {
  body.calls.clear();
  body.result.reset();
  while (!text.empty() && text.front() != ' ') {
    Call call;
    if (!body.calls.empty() && is_complaint(text)) return true;
    if (!take_call(text, call)) return false;
    add_call(body.calls, call);
  }
  if (text.empty()) return !body.calls.empty();
  std::uint64_t result = 0;
  if (!take(text, " = ") || (!take_0x(text, result) && !take_dec(text, result)) || !text.empty()) return false;
  body.result = result;
  return true;
}

bool take_command(std::string_view line, std::uint64_t& process) {
  std::optional<std::uint64_t> clock_ns;
  if (!take(line, "==")) return false;
  take_time_stamp(line, clock_ns);
  return take_dec(line, process) && line.starts_with("== Command: ");
}

void parse_line(std::string_view line, std::vector<Piece>& pieces, bool& broken) {
  broken = false;
  pieces.resize(1);
  std::string_view whole = line;
  pieces[0].cut = false;
  if (take_prefix(whole, pieces[0].prefix) && parse_body(whole, pieces[0].body)) return;  // most lines
  pieces.clear();
  if (line.find("--") == std::string_view::npos) return;
  for (std::size_t at = next_piece(line, 0); at < line.size();) {
    const std::size_t end = next_piece(line, at + 2);
    std::string_view text = line.substr(at, end - at);
    Piece& piece = pieces.emplace_back();
    const bool prefixed = take_prefix(text, piece.prefix);
    piece.cut = end < line.size();
    const bool read = prefixed && parse_body(text, piece.body);
    if (prefixed && !read && is_known(text.substr(0, text.find('(')))) broken = true;
    if (!read || (at != 0 && piece.body.calls.empty())) pieces.pop_back();
    at = end;
  }
}

}  // namespace allocviz::import::valgrind
