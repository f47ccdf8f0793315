#include "core/import/table_lives.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace allocviz::import {
namespace {

using trace::Event;
using trace::Op;
using trace::RawEvent;
using trace::Trace;

// An alloc or a free of a life: its number twice, and 1 for the free.
using Moment = std::uint64_t;

// Which of two comes first.
class Sooner {
 public:
  explicit Sooner(const std::vector<TableLife>& lives) : lives_(lives) {}
  bool operator()(Moment a, Moment b) const {
    const std::uint64_t at_a = time(a), at_b = time(b);
    if (at_a != at_b) return at_a < at_b;
    const bool ends_a = ends(a), ends_b = ends(b);
    return ends_a != ends_b ? ends_a : a < b;
  }
  [[nodiscard]] std::uint64_t time(Moment m) const {
    const TableLife& life = lives_[m / 2];
    return m % 2 != 0 ? life.end_ns : life.begin_ns;
  }

 private:
  // The end of a life that began before.
  [[nodiscard]] bool ends(Moment m) const {
    const TableLife& life = lives_[m / 2];
    return m % 2 != 0 && life.begin_ns != life.end_ns;
  }
  const std::vector<TableLife>& lives_;
};

void name_by(const Trace& rows, const Event& event, std::uint64_t row, bool number, RawEvent& raw) {
  const bool named = !number && event.has(trace::kNamedId);
  raw.id_kind = named ? RawEvent::Id::Name : RawEvent::Id::Number;
  raw.id_number = number ? row + 1 : event.id;
  if (named) raw.id_name = rows.names()[event.id];
}

RawEvent alloc_of(const Trace& rows, const Event& event, std::uint64_t row) {
  RawEvent raw;
  raw.op = Op::Alloc;
  raw.size = event.size;
  raw.addr = event.addr;
  raw.site = event.site;
  if (event.align() != rows.header().default_align.value_or(1)) raw.align = event.align();
  if (event.has(trace::kHasThread)) raw.thread = event.thread;
  if (event.tag != 0) raw.tag = rows.tags()[event.tag - 1];
  if (const std::string* note = rows.note(row)) raw.note = *note;
  return raw;
}

}  // namespace

Trace trace_of_lives(Trace rows, const std::vector<TableLife>& lives, bool number) {
  trace::TraceBuilder builder;
  if (rows.header().default_align) builder.set_default_align(*rows.header().default_align);
  builder.header() = rows.header();
  builder.set_sites(rows.sites());
  for (const std::string& warning : rows.warnings()) builder.warn(warning);
  // An id that is alive is allocated again by another row.
  const bool twice = rows.facts().implicit_frees != 0;
  if (twice && !number) builder.warn("an id names several blocks: each is called by the number of its row instead");
  number |= twice;

  std::vector<Moment> moments;
  moments.reserve(2 * lives.size());
  for (std::size_t i = 0; i < lives.size(); ++i) {
    moments.push_back(2 * i);
    if (lives[i].end_ns != TableLife::kNever) moments.push_back(2 * i + 1);
  }
  const Sooner sooner(lives);
  std::sort(moments.begin(), moments.end(), sooner);
  for (const Moment moment : moments) {
    const std::uint64_t row = moment / 2;
    const Event event = rows.event(row);
    RawEvent raw;
    if (moment % 2 == 0) raw = alloc_of(rows, event, row);
    raw.op = moment % 2 == 0 ? Op::Alloc : Op::Free;
    raw.time_ns = sooner.time(moment) - sooner.time(moments.front());
    name_by(rows, event, row, number, raw);
    // Whatever the builder could refuse it has taken once, in `rows`, and times only go on here.
    [[maybe_unused]] const trace::Status taken = builder.append(raw);
  }
  return std::move(builder).finish();
}

}  // namespace allocviz::import
