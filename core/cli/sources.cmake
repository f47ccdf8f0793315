# The sources of core/cli, relative to core/.
