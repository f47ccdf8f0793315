# The sources of core/replay, relative to core/.
