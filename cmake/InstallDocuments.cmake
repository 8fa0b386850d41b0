# Run by `cmake --install`, with what Install.cmake has set.
set(prefix "${CMAKE_INSTALL_PREFIX}")
get_filename_component(prefix "${prefix}" ABSOLUTE)

file(READ ${source}/docs/todos-server.service unit)
string(REPLACE /usr/local/bin/ "${prefix}/${bin_dir}/" unit "${unit}")
file(WRITE ${staging}/todos-server.service "${unit}")
file(INSTALL ${staging}/todos-server.service DESTINATION "${prefix}/lib/systemd/system")

if(can_run)
  foreach(program IN LISTS programs)
    execute_process(
      COMMAND ${source}/docs/make-man ${bin}/${program} ${version}
      OUTPUT_FILE ${staging}/${program}.1
      RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "no manual page of ${program}")
    endif()
    file(INSTALL ${staging}/${program}.1 DESTINATION "${prefix}/${man_dir}")
  endforeach()
endif()
