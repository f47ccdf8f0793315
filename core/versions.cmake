# Run while building: writes OUT, which says how the sources of each room are now, as one number. What was kept by a
# program of other sources is not taken for what this one would make.
#   cmake -DOUT=FILE -DROOT=core/ -DREADING="trace import" -DREPLAY="trace alloc replay" -P versions.cmake
function(number_of rooms out)
  separate_arguments(rooms UNIX_COMMAND "${rooms}")
  set(all)
  foreach(room ${rooms})
    file(GLOB_RECURSE files ${ROOT}/${room}/*.h ${ROOT}/${room}/*.cpp)
    list(SORT files)
    foreach(file ${files})
      file(SHA256 ${file} digest)
      string(APPEND all ${digest})
    endforeach()
  endforeach()
  string(SHA256 digest "${all}")
  string(SUBSTRING ${digest} 0 16 digest)
  set(${out} 0x${digest} PARENT_SCOPE)
endfunction()

number_of("${READING}" reading)
number_of("${REPLAY}" replay)
file(WRITE ${OUT} "#include \"core/trace/versions.h\"

namespace allocviz::trace {
std::uint64_t version_of_reading() { return ${reading}u; }
std::uint64_t version_of_replay() { return ${replay}u; }
}  // namespace allocviz::trace
")
