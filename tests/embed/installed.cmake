# Installs the allocators into a folder of its own, then builds and runs somebody else's project on what stands there.
# Run with cmake -P; needs ROOT, OUT, CXX and GENERATOR.
include(${ROOT}/tests/support/run.cmake)

file(REMOVE_RECURSE ${OUT})
run(${CMAKE_COMMAND} -S ${ROOT} -B ${OUT}/build -G ${GENERATOR} -DALLOCVIZ_CORE_ONLY=ON -DALLOCVIZ_TESTS=OFF
  -DCMAKE_CXX_COMPILER=${CXX})
run(${CMAKE_COMMAND} --install ${OUT}/build --prefix ${OUT}/installed --component alloc)
run(${CMAKE_COMMAND} -S ${ROOT}/tests/embed -B ${OUT}/user -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
  -DCMAKE_PREFIX_PATH=${OUT}/installed -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
run(${CMAKE_COMMAND} --build ${OUT}/user)
run(${OUT}/user/firmware)

# The headers that stand there are all there are, and nothing else of the project came along.
file(GLOB_RECURSE here RELATIVE ${ROOT} ${ROOT}/core/alloc/*.h)
file(GLOB_RECURSE there RELATIVE ${OUT}/installed/include/allocviz ${OUT}/installed/include/*)
list(SORT here)
list(SORT there)
if(NOT here STREQUAL there)
  message(FATAL_ERROR "installed are ${there}, expected ${here}")
endif()
