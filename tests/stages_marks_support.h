// Scripts replayed on an allocator and laid out as the stages show them, and what stands in a layout.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/replay.h"
#include "viz/draw/buddy_layout.h"
#include "viz/draw/bump_layout.h"
#include "viz/draw/legend.h"
#include "viz/draw/map_layout.h"
#include "viz/draw/slab_layout.h"

namespace allocviz::stages_marks {

using draw::Rect;

inline constexpr Rect kStage{0, 0, 672, 278};  // in the smallest window that the program is made for

inline const draw::Label* label(const draw::Scene& scene, std::string_view text) {
  const auto found = std::find_if(scene.labels.begin(), scene.labels.end(),
                                  [text](const draw::Label& one) { return one.text == text; });
  return found == scene.labels.end() ? nullptr : &*found;
}

inline std::string texts(const draw::Scene& scene) {
  std::string out;
  for (const draw::Label& one : scene.labels) out += "[" + one.text + "] ";
  return out;
}

inline std::vector<std::string> chips(const draw::Scene& scene, bool touched_only = false) {
  std::vector<std::string> out;
  for (const draw::Chip& chip : scene.chips) {
    if (chip.touched || !touched_only) out.push_back(chip.text);
  }
  return out;
}

inline std::size_t links(const draw::Scene& scene, draw::LinkKind kind, draw::Tone tone) {
  return static_cast<std::size_t>(std::count_if(scene.links.begin(), scene.links.end(), [&](const draw::Link& link) {
    return link.kind == kind && link.tone == tone;
  }));
}

inline const draw::Box* box_at(const draw::Scene& scene, std::uint64_t offset, std::uint64_t size) {
  const auto found = std::find_if(scene.boxes.begin(), scene.boxes.end(), [&](const draw::Box& box) {
    return box.offset == offset && (size == 0 || box.size == size);
  });
  return found == scene.boxes.end() ? nullptr : &*found;
}

// A script replayed on an allocator, looked at from any position.
class Played {
 public:
  Played(test::Script& script, std::string_view spec) : trace_(script.done()) {
    timeline_ = test::timeline_of(trace_, test::spec_of(spec));
    names_ = [trace = trace_](std::uint64_t born) {
      return born < trace->size() ? trace->id_text(born) : std::string();
    };
  }
  // The last step of an event whose kind it is, or all of the event where there is none.
  void go(std::uint64_t event, std::optional<alloc::StepKind> kind = {}) {
    timeline_->seek({event, replay::kAllSteps});
    if (!kind) return;
    const std::vector<alloc::Step> steps = timeline_->run().steps;
    for (std::size_t i = steps.size(); i-- > 0;) {
      if (steps[i].kind != *kind) continue;
      timeline_->seek({event, static_cast<std::uint32_t>(i + 1)});
      return;
    }
    ADD_FAILURE() << "the event has no such step";
  }
  [[nodiscard]] const replay::Census& census() const { return timeline_->census(); }
  template <class Input>
  [[nodiscard]] Input input(Rect rect) const {
    return {.census = timeline_->census(),
            .spec = timeline_->spec(),
            .now = draw::moment_of(*timeline_),
            .selected = {},
            .rect = rect,
            .view = {0, static_cast<double>(timeline_->census().arena_bytes)},
            .style = {},
            .name_of = names_};
  }
  [[nodiscard]] draw::BuddyScene buddy(Rect rect = kStage) const {
    const auto all = input<draw::SlabInput>(rect);
    return draw::lay_out_buddy({.census = all.census,
                                .spec = all.spec,
                                .now = all.now,
                                .selected = {},
                                .rect = rect,
                                .view = all.view,
                                .style = {},
                                .name_of = names_});
  }
  [[nodiscard]] draw::SlabScene slab(Rect rect = kStage) const {
    return draw::lay_out_slab(input<draw::SlabInput>(rect));
  }
  [[nodiscard]] draw::BumpScene bump(Rect rect = kStage) const {
    return draw::lay_out_bump(input<draw::BumpInput>(rect));
  }
  [[nodiscard]] draw::MapScene map(Rect rect = {0, 0, 672, 120}) const {
    const draw::Focus focus = draw::focus_of(draw::moment_of(*timeline_), timeline_->spec(), {});
    return draw::lay_out_map({.census = timeline_->census(),
                              .focus = focus,
                              .rect = rect,
                              .view = {0, static_cast<double>(timeline_->census().arena_bytes)},
                              .style = {},
                              .name_of = names_});
  }

 private:
  std::shared_ptr<const trace::Trace> trace_;
  std::unique_ptr<replay::Timeline> timeline_;
  draw::NameOf names_;
};

inline Played waste() {
  test::Script script;
  script.alloc("A", 64).alloc("B", 65).alloc("C", 1).alloc("D", 512);
  return {script, "buddy:arena=1KiB,min=64"};
}

}  // namespace allocviz::stages_marks
