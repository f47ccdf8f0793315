# The sources of viz/draw, relative to viz/.
