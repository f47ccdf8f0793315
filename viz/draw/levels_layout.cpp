#include "viz/draw/levels_layout.h"

#include <algorithm>
#include <cmath>

#include "core/trace/spec.h"

namespace allocviz::draw {

float LevelsScene::top_of(std::size_t level) const {
  return std::round(plot.y0 +
                    plot.height() * static_cast<float>(level) / static_cast<float>(std::max<std::size_t>(levels, 1)));
}

std::size_t LevelsScene::level_at(float y) const {
  std::size_t level = 0;
  while (level + 1 < levels && y >= top_of(level + 1)) ++level;
  return level;
}

std::size_t LevelsScene::column_at(float x) const {
  const auto at = static_cast<std::size_t>(std::max(0.0f, x - plot.x0));
  return std::min(at, columns - 1);
}

double brightness(std::uint32_t count, std::uint32_t most) {
  if (count == 0) return 0;
  return 0.4 + 0.6 * std::log2(1.0 + static_cast<double>(count)) / std::log2(1.0 + static_cast<double>(most));
}

LevelsScene lay_out_levels(const LevelsInput& input) {
  LevelsScene scene;
  const float em = input.style.em;
  scene.levels = input.levels.levels();
  const float left = std::floor(input.rect.x0 + input.style.width(Type::MonoSmall, "999 MiB") + 0.9f * em);
  const float room = input.rect.height() - 0.7f * em;  // a line of words stands below, into the margin
  const float high = std::min(room, std::round(2.4f * em) * static_cast<float>(scene.levels));
  scene.plot = {left, std::floor(input.rect.y0), std::max(left + 1, std::floor(input.rect.x1)),
                std::floor(input.rect.y0 + std::max(high, static_cast<float>(scene.levels)))};
  scene.axis = {input.first, std::max(input.last, input.first), scene.plot.x0, scene.plot.x1, input.clock};
  scene.columns = static_cast<std::size_t>(scene.plot.width());
  scene.counts.resize(scene.columns * scene.levels);
  input.levels.bins(scene.axis.edges(scene.columns), scene.counts);
  for (const replay::CountExtent& count : scene.counts) scene.most = std::max(scene.most, count.max);
  const float row = scene.plot.height() / static_cast<float>(std::max<std::size_t>(scene.levels, 1));
  const auto every = static_cast<std::size_t>(std::max(1.0f, std::ceil(1.15f * em / row)));
  for (std::size_t level = 0; level < scene.levels; level += every) {
    const float y = (scene.top_of(level) + scene.top_of(level + 1)) / 2;
    scene.labels.push_back({{input.rect.x0, y - 0.6f * em, scene.plot.x0 - 0.7f * em, y + 0.6f * em},
                            trace::size_text(input.levels.block_bytes(level)),
                            Tone::Dim,
                            Type::MonoSmall,
                            Align::Right});
  }
  return scene;
}

void paint_levels(const LevelsScene& scene, const Theme& theme, Picture& out) {
  out.width = static_cast<int>(scene.columns);
  out.height = static_cast<int>(scene.plot.height());
  out.pixels.assign(scene.columns * static_cast<std::size_t>(out.height), 0);
  for (std::size_t level = 0; level < scene.levels; ++level) {
    const auto top = static_cast<std::size_t>(scene.top_of(level) - scene.plot.y0);
    auto end = static_cast<std::size_t>(scene.top_of(level + 1) - scene.plot.y0);
    if (end - top >= 4) --end;  // a gap between rows where they are high enough
    for (std::size_t c = 0; c < scene.columns; ++c) {
      const replay::CountExtent count = scene.counts[level * scene.columns + c];
      const double bright = (brightness(count.min, scene.most) + brightness(count.max, scene.most)) / 2;
      const Color color = mix(theme.inset, theme.live, bright);
      for (std::size_t y = top; y < end; ++y) out.pixels[y * scene.columns + c] = color;
    }
  }
}

}  // namespace allocviz::draw
