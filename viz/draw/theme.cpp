#include "viz/draw/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace allocviz::draw {
namespace {

// The hues are Okabe and Ito's, told apart with every common colour vision; where a hue is also a text colour it is
// lightened (dark theme) or darkened (light theme) until it reads at 4.5:1 on every ground text stands on.
constexpr Theme kDark = {
    .kind = ThemeKind::Dark,
    .window = rgb(0x11141A),
    .panel = rgb(0x171B22),
    .panel_edge = rgb(0x272D37),
    .inset = rgb(0x1D222B),
    .row_hover = rgb(0x1D232C),
    .row_current = rgb(0x1F2B36),
    .text = rgb(0xE6EAF0),
    .text_dim = rgb(0xAFB8C5),
    .text_faint = rgb(0x8A95A5),
    .text_on_live = rgb(0xF2F8FC),
    .live = rgb(0x56B4E9),
    .live_fill = rgb(0x1F5F86),
    .waste = rgb(0xE69F00),
    .waste_ground = rgb(0x35290C),
    .free_edge = rgb(0x758399),
    .free_fill = rgb(0x252C37),
    .split_edge = rgb(0x4E5A6B),
    .touched = rgb(0xF0E442),
    .touched_fill = rgb(0x2B2A16),
    .failed = rgb(0xF0702A),
    .failed_fill = rgb(0x35190C),
    .relation = rgb(0xCC79A7),
    .relation_fill = rgb(0x2A1B26),
    .reserved = rgb(0x6B7482),
    .dead = rgb(0x2A303A),
    .ok = rgb(0x2FB68A),
    .mark = rgb(0xAFB8C5),
    .grid = rgb(0x222831),
    .curve_requested = rgb(0x56B4E9),
    .curve_rounded = rgb(0xE69F00),
    .curve_free = rgb(0x2FB68A),
    .curve_largest = rgb(0x8A94A4),
    .curve_internal = rgb(0xD9B38C),
    .curve_external = rgb(0xA596F2),
    .cursor = rgb(0xF0E442),
};

constexpr Theme kLight = {
    .kind = ThemeKind::Light,
    .window = rgb(0xE9ECF1),
    .panel = rgb(0xFFFFFF),
    .panel_edge = rgb(0xD2D8E0),
    .inset = rgb(0xF3F5F8),
    .row_hover = rgb(0xF0F3F7),
    .row_current = rgb(0xE1EEF8),
    .text = rgb(0x1A2029),
    .text_dim = rgb(0x444E5C),
    .text_faint = rgb(0x5C6675),
    .text_on_live = rgb(0x0A2536),
    .live = rgb(0x006BA3),
    .live_fill = rgb(0x8FCBEE),
    .waste = rgb(0xBF7D00),
    .waste_ground = rgb(0xFFF1D2),
    .free_edge = rgb(0x7B8696),
    .free_fill = rgb(0xEEF2F7),
    .split_edge = rgb(0xA3ACB8),
    .touched = rgb(0x736800),
    .touched_fill = rgb(0xFBF6C6),
    .failed = rgb(0xA84600),
    .failed_fill = rgb(0xFBE9DF),
    .relation = rgb(0x9A3F72),
    .relation_fill = rgb(0xF8E8F0),
    .reserved = rgb(0x7C8694),
    .dead = rgb(0xDDE2E9),
    .ok = rgb(0x00694B),
    .mark = rgb(0x444E5C),
    .grid = rgb(0xE4E8ED),
    .curve_requested = rgb(0x2A86BF),
    .curve_rounded = rgb(0xBF7D00),
    .curve_free = rgb(0x00845E),
    .curve_largest = rgb(0x6C7786),
    .curve_internal = rgb(0x8A6236),
    .curve_external = rgb(0x5B4BC4),
    .cursor = rgb(0x736800),
};

// Nine stops of the scale that matplotlib made its default (Smith and van der Walt, 2015), joined by straight lines.
constexpr std::array<std::uint32_t, 9> kStops = {0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C,
                                                 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725};

double linear(std::uint32_t channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

}  // namespace

const Theme& theme(ThemeKind kind) {
  return kind == ThemeKind::Light ? kLight : kDark;
}

double luminance(Color color) {
  return 0.2126 * linear(color & 0xff) + 0.7152 * linear((color >> 8) & 0xff) + 0.0722 * linear((color >> 16) & 0xff);
}

double contrast(Color a, Color b) {
  const double high = std::max(luminance(a), luminance(b));
  const double low = std::min(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

Color mix(Color a, Color b, double t) {
  const double part = std::clamp(t, 0.0, 1.0);
  Color out = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const double from = (a >> shift) & 0xff;
    const double to = (b >> shift) & 0xff;
    out |= static_cast<Color>(std::lround(from + (to - from) * part)) << shift;
  }
  return out;
}

Color viridis(double t) {
  const double at = std::clamp(t, 0.0, 1.0) * (kStops.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(at), kStops.size() - 2);
  return mix(rgb(kStops[low]), rgb(kStops[low + 1]), at - static_cast<double>(low));
}

Color kind_color(std::size_t i) {
  static constexpr std::array<std::uint32_t, 8> kKinds{0x88CCEE, 0xCC6677, 0x44AA99, 0xAA4499,
                                                       0x999933, 0x882255, 0x117733, 0x8A919C};
  return rgb(kKinds[std::min(i, kKinds.size() - 1)]);
}

}  // namespace allocviz::draw
