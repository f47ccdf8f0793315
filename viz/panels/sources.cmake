# The sources of viz/panels, relative to viz/.
list(APPEND panels_sources panels/compat.cpp panels/ui.cpp panels/ui_controls.cpp panels/ui_focus.cpp panels/ui_shapes.cpp)
