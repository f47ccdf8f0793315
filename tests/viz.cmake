# The widgets and the window; no display is needed but where a test says so.
allocviz_test(ui_test SOURCES ui_test.cpp ui/gui.cpp LIBS allocviz_panels)
