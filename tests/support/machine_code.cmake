# Compiles SOURCE twice, as it is and with every call of a sink removed by a macro, and fails unless both give the same
# machine code. Also fails if a trace of the checks is left in what is unchecked. Run with cmake -P; needs CXX, SOURCE, ROOT,
# OUT.
function(assembly name)
  execute_process(
    COMMAND ${CXX} -std=c++20 -O2 -fno-exceptions -fno-asynchronous-unwind-tables -S -I${ROOT} ${ARGN} -o ${OUT}.${name}.s ${SOURCE}
    RESULT_VARIABLE failed
    ERROR_VARIABLE errors)
  if(failed)
    message(FATAL_ERROR "${CXX} could not compile ${SOURCE}:\n${errors}")
  endif()
  file(READ ${OUT}.${name}.s text)
  set(${name} "${text}" PARENT_SCOPE)
endfunction()

# A macro with parameters only replaces calls: declarations and arguments named so are left alone.
assembly(as_it_is)
assembly(silent "-Dsink(...)=((void)0)" "-Dlistener(...)=((void)0)")
assembly(broken "-Dsink(...)=(__atomic_signal_fence(5))")

if(NOT as_it_is STREQUAL silent)
  message(FATAL_ERROR "a sink that hears nothing costs something: compare ${OUT}.as_it_is.s and ${OUT}.silent.s")
endif()
if(as_it_is STREQUAL broken)
  message(FATAL_ERROR "the macro does not reach the calls, so this test sees nothing")
endif()

# The unchecked release of a block: a straight line to its return.
if(as_it_is MATCHES "\n[A-Za-z0-9_]*UncheckedSlab_deallocate[A-Za-z0-9_]*:(.*)")
  string(REGEX REPLACE "\n[ \t]*ret.*" "" body "${CMAKE_MATCH_1}")
  if(body MATCHES "\n[ \t]*(j[a-z]+|cb?n?z|b\\.[a-z]+)[ \t]")
    message(FATAL_ERROR "an unchecked release still branches:\n${body}")
  endif()
else()
  message(FATAL_ERROR "the unchecked release was not found in ${OUT}.as_it_is.s")
endif()

# What only a check answers (Foreign, DoubleFree, InsideBlock, NotManaged, NothingOutstanding: 4 to 8) is a constant in the
# checked code and nowhere in the unchecked.
assembly(only_unchecked -DONLY_UNCHECKED)
set(answer "mov[lbqw]?[ \t]+\\$[4-8], [^\n]*")
if(as_it_is MATCHES "%rdi" AND NOT as_it_is MATCHES "${answer}")
  message(FATAL_ERROR "no check's answer was found in ${OUT}.as_it_is.s, so this test sees nothing")
endif()
if(only_unchecked MATCHES "${answer}")
  message(FATAL_ERROR "an unchecked allocator still answers as a check would: ${CMAKE_MATCH_0} in ${OUT}.only_unchecked.s")
endif()
