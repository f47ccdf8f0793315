# The sources of viz/app, relative to viz/.
