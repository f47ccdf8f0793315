# The sources of viz/platform, relative to viz/.
list(APPEND platform_sources platform/dialogs.cpp platform/fonts.cpp platform/frame.cpp platform/gallery.cpp platform/offscreen.cpp
  platform/picture.cpp platform/png.cpp platform/renderer.cpp platform/run.cpp platform/svg.cpp platform/window.cpp)
# A picture's bytes are each weighed many times: a quarter of the time of the tests that run the program, unoptimised.
allocviz_optimised_when_sanitized(platform/png.cpp)
