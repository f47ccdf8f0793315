#include "viz/platform/offscreen.h"

#define EGL_NO_X11  // the headers of X are no dependency of ours
#define MESA_EGL_NO_X11_HEADERS
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <glad/gl.h>

#include <cstring>

namespace allocviz::platform {
namespace {

trace::Trouble no_gl(const char* what) {
  return {.what = std::string{"no picture can be drawn: "} + what,
          .where = {},
          .todo = "install a software OpenGL (Debian and Ubuntu: apt install libegl1 libgl1-mesa-dri)"};
}

EGLDisplay open_platform(EGLenum platform, void* native) {
  const auto get_display =
      reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(eglGetProcAddress("eglGetPlatformDisplayEXT"));
  if (get_display == nullptr) return EGL_NO_DISPLAY;
  EGLDisplay display = get_display(platform, native, nullptr);
  if (display == EGL_NO_DISPLAY || eglInitialize(display, nullptr, nullptr) == EGL_FALSE) return EGL_NO_DISPLAY;
  return display;
}

// Mesa without any surface first; else the first device that a vendor's driver offers; else whatever is the default.
EGLDisplay open_display() {
  const char* known = eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);
  const auto offers = [known](const char* name) { return known != nullptr && std::strstr(known, name) != nullptr; };
  if (offers("EGL_MESA_platform_surfaceless")) {
    EGLDisplay display = open_platform(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY);
    if (display != EGL_NO_DISPLAY) return display;
  }
  if (offers("EGL_EXT_platform_device")) {
    const auto devices = reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(eglGetProcAddress("eglQueryDevicesEXT"));
    EGLDeviceEXT device = nullptr;
    EGLint count = 0;
    if (devices != nullptr && devices(1, &device, &count) == EGL_TRUE && count > 0) {
      EGLDisplay display = open_platform(EGL_PLATFORM_DEVICE_EXT, device);
      if (display != EGL_NO_DISPLAY) return display;
    }
  }
  EGLDisplay display = eglGetDisplay(EGL_DEFAULT_DISPLAY);
  if (display != EGL_NO_DISPLAY && eglInitialize(display, nullptr, nullptr) == EGL_TRUE) return display;
  return EGL_NO_DISPLAY;
}

}  // namespace

struct Offscreen::Inner {
  EGLDisplay display = EGL_NO_DISPLAY;
  EGLContext context = EGL_NO_CONTEXT;
  GLuint frame = 0, color = 0;
  int width = 0, height = 0;
};

trace::Result<std::unique_ptr<Offscreen>> Offscreen::create() {
  std::unique_ptr<Offscreen> made{new Offscreen};
  made->inner_ = std::make_unique<Inner>();
  Inner& inner = *made->inner_;
  inner.display = open_display();
  if (inner.display == EGL_NO_DISPLAY) return no_gl("EGL offers no display, not even one without a screen");
  const EGLint config_wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
  EGLConfig config = nullptr;
  EGLint configs = 0;
  if (eglBindAPI(EGL_OPENGL_API) == EGL_FALSE ||
      eglChooseConfig(inner.display, config_wanted, &config, 1, &configs) == EGL_FALSE || configs == 0) {
    return no_gl("EGL offers no OpenGL");
  }
  const EGLint context_wanted[] = {
      EGL_CONTEXT_MAJOR_VERSION,           3,       EGL_CONTEXT_MINOR_VERSION, 3, EGL_CONTEXT_OPENGL_PROFILE_MASK,
      EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL_NONE};
  inner.context = eglCreateContext(inner.display, config, EGL_NO_CONTEXT, context_wanted);
  if (inner.context == EGL_NO_CONTEXT) return no_gl("OpenGL 3.3 is not offered");
  if (eglMakeCurrent(inner.display, EGL_NO_SURFACE, EGL_NO_SURFACE, inner.context) == EGL_FALSE) {
    return no_gl("OpenGL cannot be used without a surface");
  }
  return made;
}

Offscreen::~Offscreen() {
  if (inner_ == nullptr || inner_->display == EGL_NO_DISPLAY) return;
  if (inner_->frame != 0) {
    glDeleteFramebuffers(1, &inner_->frame);
    glDeleteRenderbuffers(1, &inner_->color);
  }
  eglMakeCurrent(inner_->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
  if (inner_->context != EGL_NO_CONTEXT) eglDestroyContext(inner_->display, inner_->context);
  eglTerminate(inner_->display);
}

int Offscreen::largest_side() const {
  GLint side = 0;
  glGetIntegerv(GL_MAX_RENDERBUFFER_SIZE, &side);
  return side;
}

trace::Status Offscreen::bind(int width, int height) {
  Inner& inner = *inner_;
  if (inner.frame == 0) {
    glGenFramebuffers(1, &inner.frame);
    glGenRenderbuffers(1, &inner.color);
  }
  glBindFramebuffer(GL_FRAMEBUFFER, inner.frame);
  if (inner.width != width || inner.height != height) {
    glBindRenderbuffer(GL_RENDERBUFFER, inner.color);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, inner.color);
    inner.width = width;
    inner.height = height;
  }
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
    return no_gl("the framebuffer is incomplete");
  }
  return trace::Done{};
}

GetProc Offscreen::get_proc() const {
  return &eglGetProcAddress;
}

}  // namespace allocviz::platform
