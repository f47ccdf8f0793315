# The sources of core/trace, relative to core/.
