// What tests of several stages ask of a scene.
#pragma once

#include <algorithm>
#include <string_view>

#include "viz/draw/scene.h"

namespace allocviz {

[[nodiscard]] inline bool says(const draw::Scene& scene, std::string_view text) {
  return std::any_of(scene.labels.begin(), scene.labels.end(),
                     [text](const draw::Label& label) { return label.text == text; });
}

}  // namespace allocviz
