# Writes a ctest file with one test for each suite of the test program PROGRAM, named NAME, that runs under ENVIRONMENT.
# Run after it was built, with cmake -P: DISCOVER_TO is that file.
if(ENVIRONMENT)
  set(with ${CMAKE_COMMAND} -E env ${ENVIRONMENT})
endif()
execute_process(COMMAND ${with} ${PROGRAM} --gtest_list_tests OUTPUT_VARIABLE listed RESULT_VARIABLE failed)
if(NOT failed STREQUAL "0")
  message(FATAL_ERROR "${NAME} does not list its tests: ${failed}")
endif()
# A suite stands at the beginning of a line and ends with a point; its tests are indented.
string(REGEX MATCHALL "\n[^ \n]+\\." suites "\n${listed}")
if(NOT suites)
  message(FATAL_ERROR "${NAME} holds no tests")
endif()
set(written "")
foreach(suite ${suites})
  string(REGEX REPLACE "^\n|\\.$" "" suite "${suite}")
  string(APPEND written "add_test([=[${suite}]=] [=[${PROGRAM}]=] [=[--gtest_filter=${suite}.*]=] --gtest_brief=1)\n"
    "set_tests_properties([=[${suite}]=] PROPERTIES TIMEOUT 800 FAIL_REGULAR_EXPRESSION \"Running 0 tests\"")
  if(ENVIRONMENT)
    string(APPEND written " ENVIRONMENT [=[${ENVIRONMENT}]=]")
  endif()
  # Those that draw, the panels and broken files take longest, and one of them begun last would be waited for alone.
  if(ENVIRONMENT MATCHES "detect_leaks=0" OR NAME STREQUAL "panels_test" OR suite STREQUAL "BadInput")
    string(APPEND written " COST 100")
  endif()
  string(APPEND written ")\n")
endforeach()
file(WRITE ${DISCOVER_TO} "${written}")
