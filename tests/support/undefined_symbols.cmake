# Fails when OBJECT needs a symbol that a machine without a standard library does not have. Run with cmake -P.
execute_process(COMMAND ${NM} -u ${OBJECT} OUTPUT_VARIABLE symbols RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${NM} could not read ${OBJECT}")
endif()
# What a compiler may call for a loop or a copy, and every bare-metal tool chain provides.
string(REGEX REPLACE "[ \t]+U (memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_)\n" "" symbols "${symbols}")
string(STRIP "${symbols}" symbols)
if(symbols)
  message(FATAL_ERROR "core/alloc needs symbols that bare metal does not have:\n${symbols}")
endif()
