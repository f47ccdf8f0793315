#include "core/trace/trouble.h"

#include <fmt/format.h>

namespace allocviz::trace {

std::string Trouble::text() const {
  std::string out;
  const auto add = [&out](std::string_view part) {
    if (!out.empty()) out += ", ";
    out += part;
  };
  if (!where.file.empty()) add(where.file == "-" ? "standard input" : where.file);
  if (where.line != 0) add(fmt::format("line {}", where.line));
  if (where.byte != Place::kNoByte) add(fmt::format("byte {}", where.byte));
  if (where.event != 0) add(fmt::format("event {}", where.event));
  if (!where.field.empty()) add(fmt::format("field \"{}\"", where.field));
  if (!out.empty()) out += ": ";
  out += what;
  if (!todo.empty()) {
    out += "; ";
    out += todo;
  }
  return out;
}

}  // namespace allocviz::trace
