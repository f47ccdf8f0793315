# The sources of core/import, relative to core/.
