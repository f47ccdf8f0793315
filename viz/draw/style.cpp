#include "viz/draw/style.h"

namespace allocviz::draw {

Style::Style() {
  const auto fill = [this](Type type, float width) {
    of(type).ascii.fill(width);
    of(type).other = 2 * width;
  };
  fill(Type::Body, 8);
  fill(Type::Bold, 8);
  fill(Type::Small, 7);
  fill(Type::Mono, 8.5f);
  fill(Type::MonoSmall, 7.5f);
}

float Style::width(Type type, std::string_view utf8) const {
  const Glyphs& glyphs_of = of(type);
  float sum = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= Glyphs::kFirst && c <= Glyphs::kLast) {
      sum += glyphs_of.ascii[static_cast<std::size_t>(c - Glyphs::kFirst)];
    } else if (byte >= 0xC0) {  // the first byte of a longer character; the others add nothing
      sum += glyphs_of.other;
    }
  }
  return sum;
}

}  // namespace allocviz::draw
