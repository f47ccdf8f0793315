// Trouble a user can cause, said as what, where and what to do; and the result that carries it.
//
// Three kinds of trouble are kept apart in this project: this one (a file, a configuration, a command line), broken
// contracts (assertions) and corrupt state (report values of the allocators' check()). No exception crosses a module:
// a library's exceptions are caught where the library is called and become a Trouble there.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace allocviz::trace {

// Where a fault lies. Fields that do not apply are left at their defaults and are not printed.
struct Place {
  std::string file{};            // as the user named it; "-" for standard input
  std::uint64_t line = 0;        // counted from 1; 0 when not known
  std::uint64_t byte = kNoByte;  // offset into the decompressed text; kNoByte when not known
  std::uint64_t event = 0;       // counted from 1; 0 when the fault is not in an event
  std::string field{};           // "size", "allocators[0].arena", ...
  static constexpr std::uint64_t kNoByte = ~std::uint64_t{0};
};

// A whole file, nowhere in particular.
[[nodiscard]] inline Place in_file(std::string file) {
  Place place;
  place.file = std::move(file);
  return place;
}

struct Trouble {
  std::string what{};  // "size is negative"
  Place where{};
  std::string todo{};  // "write a number from 0 to 9223372036854775807"; may be empty

  // One line: `FILE, line 12, event 3, field "size": what; todo`.
  [[nodiscard]] std::string text() const;
};

// Either a T or the Trouble that kept it from being made. Each error is handled exactly once.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Trouble trouble) : held_(std::in_place_index<1>, std::move(trouble)) {}

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & {
    assert(ok() && "a Result is asked for its value only when it holds one");
    return *std::get_if<0>(&held_);
  }
  [[nodiscard]] const T& value() const& {
    assert(ok() && "a Result is asked for its value only when it holds one");
    return *std::get_if<0>(&held_);
  }
  [[nodiscard]] T&& value() && {
    assert(ok() && "a Result is asked for its value only when it holds one");
    return std::move(*std::get_if<0>(&held_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Trouble& trouble() const& {
    assert(!ok() && "a Result is asked for its trouble only when it holds one");
    return *std::get_if<1>(&held_);
  }
  [[nodiscard]] Trouble&& trouble() && {
    assert(!ok() && "a Result is asked for its trouble only when it holds one");
    return std::move(*std::get_if<1>(&held_));
  }

 private:
  std::variant<T, Trouble> held_;
};

struct Done {};  // the value of something that only had to be done
using Status = Result<Done>;

}  // namespace allocviz::trace
