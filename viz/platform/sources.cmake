# The sources of viz/platform, relative to viz/.
list(APPEND platform_sources platform/dialogs.cpp platform/fonts.cpp platform/frame.cpp platform/gallery.cpp platform/offscreen.cpp
  platform/picture.cpp platform/png.cpp platform/renderer.cpp platform/run.cpp platform/svg.cpp platform/window.cpp)
