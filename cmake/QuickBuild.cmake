# Of a build from nothing, reading headers is the largest part. So what most sources include is
# precompiled, and several sources of a folder are compiled as one. That changes nothing of what is
# built, but hides an #include that is missing: .ci/run builds each source by itself for the analysis,
# and for arm64 (with tests).
option(FORKSCOPE_QUICK_BUILD "Precompile headers, and compile several sources of a folder as one" ON)

# Of the standard library, what most sources include: reading it takes longer than the rest of them.
# What few include is not worth it, however heavy: every other source would pay for its size.
set(FORKSCOPE_STANDARD_HEADERS
  <algorithm> <array> <chrono> <cstdint> <cstring> <deque> <filesystem> <functional> <map> <memory>
  <optional> <set> <span> <stdexcept> <string> <string_view> <system_error> <thread> <utility> <vector>)

# A hundred programs of tests are linked in half the time by gold. Not every system has it with its binutils.
find_program(FORKSCOPE_GOLD ld.gold)
if(FORKSCOPE_QUICK_BUILD AND FORKSCOPE_GOLD AND CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_link_options(-fuse-ld=gold)
endif()

# What GCC needs beside precompiled headers. ccache wants the preprocessed source without what is in them
# (ccache(1)). And GCC 12 forgets that they are the system's, and warns of std::string's own copying;
# the builds of CI without precompiled headers still warn of ours. Where it does not optimise, collecting its
# own garbage is a tenth of its time: with half a gigabyte instead of 128 MB it seldom has to.
function(forkscope_gcc_options target)
  target_compile_options(${target} PRIVATE
    "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-restrict>"
    "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Debug>>:--param=ggc-min-heapsize=524288>")
endfunction()

# forkscope_precompiled_headers(NAME HEADERS <a> ... [LINKS targets...])
# A target that holds nothing but precompiled headers; its options are those of all of our targets.
function(forkscope_precompiled_headers name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
  if(FORKSCOPE_QUICK_BUILD)
    if(NOT EXISTS ${CMAKE_BINARY_DIR}/${name}.cpp)  # or it would be compiled at each configuration
      file(TOUCH ${CMAKE_BINARY_DIR}/${name}.cpp)
    endif()
    add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE ${ARG_LINKS})
    target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
    forkscope_compile_options(${name})
    forkscope_gcc_options(${name})
  endif()
endfunction()

# forkscope_use_precompiled_headers(TARGET NAME)
function(forkscope_use_precompiled_headers target name)
  if(FORKSCOPE_QUICK_BUILD)
    target_precompile_headers(${target} REUSE_FROM ${name})
    forkscope_gcc_options(${target})
  endif()
endfunction()

# forkscope_compile_as_one(TARGET [ALONE b.cpp ...])
# All sources but some, eight at a time: a change of one compiles eight. A name of one may be shadowed
# in another one then, of which only locals are warned.
# ALONE  those that have a name for themselves which another one of the folder has, too
function(forkscope_compile_as_one target)
  cmake_parse_arguments(ARG "" "" "ALONE" ${ARGN})
  if(FORKSCOPE_QUICK_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>)
    set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()
