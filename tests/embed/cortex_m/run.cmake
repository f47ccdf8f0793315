# Builds the program for a Cortex-M3 and runs it in QEMU. Run with cmake -P; needs ROOT and OUT, and takes clang with lld,
# or the cross compiler of GCC, whichever is here. Prints SKIPPED where neither is, or no QEMU.
find_program(QEMU qemu-system-arm)
find_program(GCC arm-none-eabi-g++)
find_program(CLANG clang++)
find_program(LLD ld.lld)
set(here ${ROOT}/tests/embed/cortex_m)
set(common -std=c++20 -mcpu=cortex-m3 -mthumb -Os -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -nostdlib
  -Wall -Wextra -Wconversion -Wshadow -Werror -I${ROOT} "-DVECTORS=\"${ROOT}/tests/data/placement\"" -T ${here}/memory.ld
  ${here}/main.cpp ${here}/board.cpp -o ${OUT})

# libstdc++ for the host serves as long as only its freestanding headers are used: where clang finds it.
function(host_headers result)
  execute_process(COMMAND ${CLANG} -E -v -x c++ /dev/null ERROR_VARIABLE said OUTPUT_QUIET)
  string(REGEX MATCHALL "\n (/[^\n]*/c\\+\\+[^\n]*)" found "${said}")
  set(flags -isystem ${here}/include)
  foreach(line ${found})
    string(STRIP "${line}" folder)
    list(APPEND flags -isystem ${folder})
  endforeach()
  set(${result} ${flags} PARENT_SCOPE)
endfunction()

if(QEMU AND CLANG AND LLD)
  host_headers(headers)
  set(command ${CLANG} --target=thumbv7m-none-eabi -fuse-ld=lld -nostdinc++ ${headers} ${common})
elseif(QEMU AND GCC)
  set(command ${GCC} ${common} -lgcc)
else()
  message("SKIPPED: bare metal needs qemu-system-arm, and clang with lld or gcc-arm-none-eabi with libstdc++-arm-none-eabi-dev")
  return()
endif()
execute_process(COMMAND ${command} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "the program does not build for bare metal")
endif()
execute_process(COMMAND ${QEMU} -M mps2-an385 -display none -serial none -monitor none
  -semihosting-config enable=on,target=native -kernel ${OUT} RESULT_VARIABLE failed TIMEOUT 100)
if(failed)
  message(FATAL_ERROR "the program failed on bare metal: ${failed}")
endif()
