// OpenGL without a display: EGL without a surface, and a framebuffer of any size. Its pictures are the same to the bit
// from run to run, so they serve as screenshots and as golden images.
#pragma once

#include <memory>

#include "core/trace/trouble.h"
#include "viz/platform/renderer.h"

namespace allocviz::platform {

class Offscreen {
 public:
  [[nodiscard]] static trace::Result<std::unique_ptr<Offscreen>> create();
  ~Offscreen();
  Offscreen(const Offscreen&) = delete;
  Offscreen& operator=(const Offscreen&) = delete;

  // Makes the framebuffer this large and binds it.
  [[nodiscard]] trace::Status bind(int width, int height);
  [[nodiscard]] GetProc get_proc() const;
  [[nodiscard]] int largest_side() const;  // pixels

 private:
  Offscreen() = default;
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace allocviz::platform
