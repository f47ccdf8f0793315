# The sources of viz/platform, relative to viz/.
