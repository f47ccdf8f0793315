#include "core/trace/event_fault.h"

#include <fmt/format.h>

#include <bit>
#include <string>
#include <utility>

namespace allocviz::trace {
namespace {

Trouble refuse(std::string field, std::string what, std::string todo) {
  return {.what = std::move(what), .where = {.field = std::move(field)}, .todo = std::move(todo)};
}

std::string with_article(Op op) {
  return fmt::format("{} {}", op == Op::Alloc ? "an" : "a", word_of(op));
}

}  // namespace

std::optional<Trouble> fault_in(const RawEvent& raw) {
  using Id = RawEvent::Id;
  const bool request = is_request(raw.op);
  const bool has_id = raw.id_kind == Id::Number || raw.id_kind == Id::Name;
  if (!raw.ok && !request) {
    return refuse("ok", fmt::format("{} cannot have failed", with_article(raw.op)),
                  "write \"ok\": false on requests only");
  }
  if (raw.offset && raw.op != Op::Free) {
    return refuse("offset", fmt::format("{} has no offset", with_article(raw.op)), "give an offset on a free only");
  }
  if (raw.offset && has_id) return refuse("offset", "a free has an id or an offset, not both", "leave one of them out");
  if (request && raw.ok && raw.id_kind == Id::Null) {
    return refuse("id", fmt::format("null is no id for {}", word_of(raw.op)), "only a free may have the id null");
  }
  if ((request && raw.ok && !has_id) || (raw.op == Op::Free && raw.id_kind == Id::None && !raw.offset)) {
    return refuse("id", "it is missing", "name the block: a number or a string");
  }
  if (!request && raw.op != Op::Free && has_id) {
    return refuse("id", fmt::format("{} has no id", with_article(raw.op)), "leave it out");
  }
  if (raw.size > kMaxSize) {
    return refuse("size", fmt::format("{} is too large", raw.size), fmt::format("the most is {}", kMaxSize));
  }
  if (raw.align && !std::has_single_bit(*raw.align)) {
    return refuse("align", fmt::format("{} is no power of two", *raw.align), "write 1, 2, 4, 8, 16 …");
  }
  return {};
}

Trouble back_in_time(const RawEvent& raw, std::uint64_t last_time) {
  const auto where = raw.thread ? fmt::format("within thread {}", *raw.thread) : "among events without a thread";
  return refuse("t", fmt::format("time goes back from {} to {} {}", last_time, *raw.time_ns, where),
                "sort the events of each thread by time");
}
Trouble too_many_blocks() {
  return refuse("id", "more blocks are live than 32 bits count", "split the trace");
}
Trouble at_event(std::uint64_t event, Trouble trouble) {
  trouble.where.event = event;
  return trouble;
}

}  // namespace allocviz::trace
