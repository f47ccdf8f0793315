# Copies the allocators' folder, under another name, into somebody else's project that has no CMake: every header there
# compiles by itself, and the program runs. Run with cmake -P; needs ROOT, OUT and CXX.
include(${ROOT}/tests/support/run.cmake)

file(REMOVE_RECURSE ${OUT})
file(COPY ${ROOT}/core/alloc DESTINATION ${OUT}/src/third)
file(RENAME ${OUT}/src/third/alloc ${OUT}/src/third/heaps)

file(READ ${ROOT}/tests/embed/firmware.cpp code)
string(REPLACE "core/alloc/" "third/heaps/" code "${code}")
file(WRITE ${OUT}/src/firmware.cpp "${code}")
run(${CXX} -std=c++20 -I ${OUT}/src ${OUT}/src/firmware.cpp -o ${OUT}/firmware)
run(${OUT}/firmware)

file(GLOB_RECURSE headers RELATIVE ${OUT}/src ${OUT}/src/third/*.h)
list(LENGTH headers count)
if(count LESS 20)
  message(FATAL_ERROR "only ${count} headers were copied")
endif()
foreach(header ${headers})
  string(REPLACE "/" "_" name ${header})
  file(WRITE ${OUT}/src/${name}.cpp "#include \"${header}\"\n")
  run(${CXX} -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I ${OUT}/src ${OUT}/src/${name}.cpp)
endforeach()
