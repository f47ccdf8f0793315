# The sources of core/replay, relative to core/.
list(APPEND replay_sources
  replay/address_map.cpp
  replay/ahead.cpp
  replay/buddy_keyframe.cpp
  replay/buddy_machine.cpp
  replay/builder.cpp
  replay/bump_machine.cpp
  replay/census.cpp
  replay/clock.cpp
  replay/free_levels.cpp
  replay/keyframes.cpp
  replay/live_table.cpp
  replay/machine.cpp
  replay/narrate.cpp
  replay/player.cpp
  replay/reasons.cpp
  replay/recorded_machine.cpp
  replay/recorded_text.cpp
  replay/reservation.cpp
  replay/sentences.cpp
  replay/series.cpp
  replay/slab_machine.cpp
  replay/tally.cpp
  replay/tiered_machine.cpp
  replay/timeline.cpp
  replay/words.cpp
)
