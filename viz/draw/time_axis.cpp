#include "viz/draw/time_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/trace/spec.h"

namespace allocviz::draw {

namespace {

// The least of 1, 2, 5, 10, 20 ... that is at least `wanted`.
std::uint64_t round_step(double wanted) {
  for (std::uint64_t ten = 1; ten < 1'000'000'000'000'000'000u; ten *= 10) {
    for (const std::uint64_t factor : {1u, 2u, 5u}) {
      if (static_cast<double>(factor * ten) >= wanted) return factor * ten;
    }
  }
  return 1'000'000'000'000'000'000u;
}

struct Unit {
  std::uint64_t ns;
  const char* name;
};
constexpr Unit kUnits[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "µs"}, {1, "ns"}};

// As many decimals as are not all 0, at most so many.
std::string decimal(std::uint64_t ns, std::uint64_t unit, int most) {
  std::string text = fmt::format("{:.{}f}", static_cast<double>(ns) / static_cast<double>(unit), most);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

}  // namespace

double TimeAxis::px_per_unit() const {
  const double units = clock != nullptr ? last - first : last - first + 1;
  return (static_cast<double>(x1) - static_cast<double>(x0)) / std::max(units, 1e-9);
}

double TimeAxis::x_of(double position) const {
  const auto left = static_cast<double>(x0);
  if (clock == nullptr) return left + (position - first + 0.5) * px_per_unit();
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, position));
  return left + (static_cast<double>(clock->ns_of(whole)) - first) * px_per_unit();
}

double TimeAxis::begin_of(std::uint64_t position) const {
  return x_of(static_cast<double>(position) - (clock == nullptr ? 0.5 : 0.0));
}

double TimeAxis::unit_at(double x) const {
  const double units = (x - static_cast<double>(x0)) / px_per_unit();
  return clock == nullptr ? first - 0.5 + units : first + units;
}

double TimeAxis::position_at(double x) const {
  return clock == nullptr ? unit_at(x) : static_cast<double>(clock->position_at(unit_at(x)));
}

std::vector<double> TimeAxis::edges(std::size_t columns) const {
  std::vector<double> edges(columns + 1);
  const double units = clock != nullptr ? last - first : last - first + 1;
  for (std::size_t c = 0; c <= columns; ++c) {
    const double unit =
        first + units * (static_cast<double>(c) / static_cast<double>(std::max<std::size_t>(columns, 1)));
    edges[c] = clock == nullptr ? unit : static_cast<double>(clock->first_from(unit));
  }
  // What happens at the very end of the log lies in the last column.
  if (clock != nullptr && last >= static_cast<double>(clock->end_ns())) edges[columns] = 1e18;
  return edges;
}

TimeAxis::Positions TimeAxis::in_view(std::uint64_t size) const {
  Positions positions;
  if (clock != nullptr) {
    positions = {clock->position_at(first), clock->position_at(last) + 1};
  } else {
    positions = {static_cast<std::uint64_t>(std::max(0.0, std::floor(first))),
                 static_cast<std::uint64_t>(std::max(0.0, std::ceil(last))) + 1};
  }
  return {std::min(positions.first, size), std::min(positions.last, size)};
}

std::uint64_t event_step(const TimeAxis& axis, float min_gap_px) {
  if (axis.px_per_unit() > 24) return 1;  // a lesson numbers every event
  return round_step(static_cast<double>(min_gap_px) / std::max(axis.px_per_unit(), 1e-12));
}

std::uint64_t clock_step(const TimeAxis& axis, float min_gap_px) {
  return round_step(static_cast<double>(min_gap_px) / std::max(axis.px_per_unit(), 1e-18));
}

std::string event_text(std::uint64_t event) {
  if (event >= 1'000'000 && event % 100'000 == 0) return fmt::format("{:g} M", static_cast<double>(event) / 1e6);
  if (event >= 10'000 && event % 1'000 == 0) return fmt::format("{} k", event / 1000);
  return trace::count_text(event);
}

std::string clock_text(std::uint64_t ns, std::uint64_t step) {
  if (ns == 0) return "0";
  for (const Unit& unit : kUnits) {
    // A tenth of a unit is said in that unit: 0.5 s, 1 s, 1.5 s.
    if (step * 10 >= unit.ns && ns >= unit.ns / 10) return decimal(ns, unit.ns, 1) + " " + unit.name;
  }
  // Far from the start, closely looked at: seconds with all their decimals.
  return decimal(ns, 1'000'000'000, 9) + " s";
}

std::string moment_text(std::uint64_t ns) {
  if (ns == 0) return "0 s";
  for (const Unit& unit : kUnits) {
    if (ns >= unit.ns)
      return decimal(ns, unit.ns, unit.ns == 1 ? 0 : unit.ns >= 1'000'000'000 ? 6 : 3) + " " + unit.name;
  }
  return {};
}

}  // namespace allocviz::draw
