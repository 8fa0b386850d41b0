# Precompiled headers make a build from nothing quicker. They change nothing of what is built, but hide
# an #include that is missing: .ci/run builds without them for the analysis, and for arm64 (with tests).
option(FORKSCOPE_PRECOMPILED_HEADERS "Precompile what most sources include" ON)

# Of the standard library, what most sources include: reading it takes longer than the rest of them.
# What few include is not worth it, however heavy: every other source would pay for its size.
set(FORKSCOPE_STANDARD_HEADERS
  <algorithm> <array> <chrono> <cstdint> <cstring> <deque> <filesystem> <functional> <map> <memory>
  <optional> <set> <span> <stdexcept> <string> <string_view> <system_error> <thread> <utility> <vector>)

# What GCC needs beside precompiled headers. ccache wants the preprocessed source without what is in them
# (ccache(1)). And GCC 12 forgets that they are the system's, and warns of std::string's own copying;
# the builds of CI without precompiled headers still warn of ours.
function(forkscope_gcc_options target)
  target_compile_options(${target} PRIVATE
    "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-restrict>")
endfunction()

# forkscope_precompiled_headers(NAME HEADERS <a> ... [LINKS targets...])
# A target that holds nothing but precompiled headers; its options are those of all of our targets.
function(forkscope_precompiled_headers name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
  if(FORKSCOPE_PRECOMPILED_HEADERS)
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
  if(FORKSCOPE_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} REUSE_FROM ${name})
    forkscope_gcc_options(${target})
  endif()
endfunction()
