# The sources of core/analyze, relative to core/.
