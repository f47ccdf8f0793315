#include "core/trace/beginning.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace allocviz::trace {
namespace {

std::string_view text_of(const std::string* text) {
  return text == nullptr ? std::string_view{} : std::string_view{*text};
}

// The event as its reader found it: the inverse of TraceBuilder::append.
RawEvent raw_event(const Trace& trace, std::uint64_t index) {
  const Event event = trace.event(index);
  const bool request = event.op == Op::Alloc || event.op == Op::Realloc;
  RawEvent raw;
  raw.op = event.op;
  if (event.has(kNamedId)) {
    raw.id_kind = RawEvent::Id::Name;
    raw.id_name = trace.names()[event.id];
  } else if (event.has(kHasId)) {
    raw.id_kind = RawEvent::Id::Number;
    raw.id_number = event.id;
  } else if (event.has(kNullFree)) {
    raw.id_kind = RawEvent::Id::Null;
  }
  raw.size = event.size;
  if (request || event.align_log2 != 0) raw.align = event.align();
  if (event.has(kByOffset)) raw.offset = event.offset;
  if (event.time_ns != 0) raw.time_ns = event.time_ns;
  if (event.has(kHasThread)) raw.thread = event.thread;
  raw.site = event.site;
  if (event.tag != 0) raw.tag = trace.tags()[event.tag - 1];
  raw.addr = event.addr;
  raw.ok = !event.has(kFailedThere);
  raw.mark_name = text_of(trace.mark_name(index));
  raw.note = text_of(trace.note(index));
  raw.extra = text_of(trace.extra(index));
  return raw;
}

}  // namespace

Trace beginning_of(const Trace& whole, std::uint64_t events) {
  TraceBuilder builder;
  builder.header() = whole.header();
  builder.set_sites(whole.sites());
  for (std::uint64_t i = 0; i < std::min(events, whole.size()); ++i) {
    const Status appended = builder.append(raw_event(whole, i));
    assert(appended.ok() && "what a builder took once it takes again");
    if (!appended.ok()) break;
  }
  return std::move(builder).finish();
}

Result<Trace> with_event(const Trace& log, std::uint64_t index, const RawEvent& event) {
  TraceBuilder builder;
  builder.header() = log.header();
  builder.set_sites(log.sites());
  for (const std::string& warning : log.warnings()) builder.warn(warning);
  for (std::uint64_t i = 0; i <= log.size(); ++i) {
    if (i == index) {
      if (auto appended = builder.append(event); !appended.ok()) return std::move(appended).trouble();
    }
    if (i == log.size()) break;
    if (auto appended = builder.append(raw_event(log, i)); !appended.ok()) return std::move(appended).trouble();
  }
  return std::move(builder).finish();
}

bool begins_with(const Trace& whole, const Trace& part) {
  if (part.size() > whole.size()) return false;
  for (std::uint64_t i = 0; i < part.size(); ++i) {
    const Event a = part.event(i), b = whole.event(i);
    // Names are numbered as they come: those of a beginning have the same numbers.
    const bool same = a.op == b.op && a.flags == b.flags && a.slot == b.slot && a.id == b.id && a.size == b.size &&
                      a.align_log2 == b.align_log2 && a.offset == b.offset;
    if (!same) return false;
  }
  return true;
}

}  // namespace allocviz::trace
