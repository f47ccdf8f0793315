# The sources of viz/panels, relative to viz/.
