# One folder is one target. These functions are how every folder declares itself, so that warnings,
# sanitizers and include rules are the same everywhere.

set(FORKSCOPE_SANITIZE "" CACHE STRING "Sanitizers for our own code, as for -fsanitize=")
option(FORKSCOPE_WARNINGS_AS_ERRORS "Warnings of our own code are errors" OFF)

# A check of each pointer before its use, of UBSan, is a quarter of what compiling costs, and a null pointer
# is found without it. So it is for those who lay out memory by hand (forkscope_check_pointers), and for the
# fuzz targets.
if(FORKSCOPE_SANITIZE MATCHES undefined AND NOT FORKSCOPE_FUZZ)
  set(FORKSCOPE_UNCHECKED_POINTERS -fno-sanitize=null,alignment)
  set(FORKSCOPE_CHECKED_POINTERS -fsanitize=null,alignment)
endif()

function(forkscope_check_pointers target)
  target_compile_options(${target} PRIVATE ${FORKSCOPE_CHECKED_POINTERS})
endfunction()

function(forkscope_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wimplicit-fallthrough -Wundef $<$<BOOL:${FORKSCOPE_WARNINGS_AS_ERRORS}>:-Werror>)
  target_compile_definitions(${target} PRIVATE FORKSCOPE_VERSION="${PROJECT_VERSION}")
  if(FORKSCOPE_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${FORKSCOPE_SANITIZE} ${FORKSCOPE_UNCHECKED_POINTERS}
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${FORKSCOPE_SANITIZE})
    # ThreadSanitizer does not know fences, and GCC warns of each. The lanes of the telemetry need
    # theirs; what TSan still proves is that no shared word is accessed in an ordinary way.
    if(FORKSCOPE_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      target_compile_options(${target} PRIVATE -Wno-tsan)
    endif()
  endif()
endfunction()

# forkscope_library(NAME SOURCES a.cpp ... [ALONE b.cpp ...] [PUBLIC targets...] [PRIVATE targets...])
# ALONE: those of the sources that are not compiled together with others (QuickBuild.cmake).
# Headers of a folder are included as "<folder>/<file>.h", and only by targets that link it: the
# include path of a target is a directory of its own that holds one link, to its folder. A second
# target of the same folder would open all of it to whoever links either, so there is none.
function(forkscope_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ALONE;PUBLIC;PRIVATE" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
    forkscope_compile_options(${name})
    forkscope_use_precompiled_headers(${name} standard_headers)
    forkscope_compile_as_one(${name} ALONE ${ARG_ALONE})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_PUBLIC})
    set(scope INTERFACE)
  endif()
  get_directory_property(other FORKSCOPE_LIBRARY)
  if(other)
    message(FATAL_ERROR "${CMAKE_CURRENT_SOURCE_DIR} is two targets: ${other} and ${name}")
  endif()
  set_directory_properties(PROPERTIES FORKSCOPE_LIBRARY ${name})
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set(include_dir ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${include_dir})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${include_dir}/${folder} SYMBOLIC)
  target_include_directories(${name} ${scope} ${include_dir})
endfunction()

# forkscope_executable(NAME SOURCES main.cpp ... LINKS targets... [PRECOMPILED headers])
function(forkscope_executable name)
  cmake_parse_arguments(ARG "" "PRECOMPILED" "SOURCES;LINKS" ${ARGN})
  if(NOT ARG_PRECOMPILED)
    set(ARG_PRECOMPILED standard_headers)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  forkscope_compile_options(${name})
  forkscope_use_precompiled_headers(${name} ${ARG_PRECOMPILED})
endfunction()

# forkscope_server(NAME SOURCES application.cpp ... LINKS targets...)
# A server: all of ours, and an application. One of the sources defines make_application(), and may
# define about(); see server/api/application.h.
function(forkscope_server name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  forkscope_server_with_main(${name}
    SOURCES ${CMAKE_SOURCE_DIR}/server/main.cpp ${ARG_SOURCES}
    LINKS ctl options program supervisor worker os ${ARG_LINKS} api CLI11::CLI11)
endfunction()

# forkscope_server_with_main(NAME SOURCES main.cpp ... LINKS targets...)
# A server whose main() hands the primary what it is to fork (server/child/child.h).
function(forkscope_server_with_main name)
  forkscope_executable(${name} ${ARGN})
  set_property(GLOBAL APPEND PROPERTY FORKSCOPE_SERVERS ${name})
endfunction()

# forkscope_application_test(NAME SERVER target SCRIPT test.py)
# A test of an application in Python, which CTest runs. `import support` gives it the server process of
# our own tests (tests/web/support.py), which starts that server.
function(forkscope_application_test name)
  cmake_parse_arguments(ARG "" "SERVER;SCRIPT" "" ${ARGN})
  find_program(FORKSCOPE_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
  if(NOT FORKSCOPE_PYTHON)
    message(WARNING "${name} is left out, since there is no python3: sudo apt-get install python3")
    return()
  endif()
  add_test(NAME ${name} COMMAND ${FORKSCOPE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SCRIPT})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "TODOS_SERVER=$<TARGET_FILE:${ARG_SERVER}>;PYTHONDONTWRITEBYTECODE=1;PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/web"
    LABELS docs TIMEOUT 240)
endfunction()

# forkscope_application(FOLDER)
# Adds an application from elsewhere: its folder declares one server. The target `own-application`
# builds it, and application.txt in the build directory says where it is; both are for ./demo.
function(forkscope_application folder)
  set_property(GLOBAL PROPERTY FORKSCOPE_SERVERS "")
  set(FORKSCOPE_WARNINGS_AS_ERRORS OFF)  # it is not ours
  add_subdirectory(${folder} application)
  get_property(servers GLOBAL PROPERTY FORKSCOPE_SERVERS)
  list(LENGTH servers count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${folder}/CMakeLists.txt declares ${count} servers; it has to be one: "
      "forkscope_server(NAME SOURCES a.cpp LINKS api), or with a main() of its own "
      "forkscope_server_with_main(NAME SOURCES main.cpp LINKS supervisor)")
  endif()
  add_custom_target(own-application DEPENDS ${servers})
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/application.txt CONTENT "$<TARGET_FILE:${servers}>\n")
endfunction()
