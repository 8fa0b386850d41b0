# What `cmake --install` lays where: the programs, the unit of systemd and the manual pages; and the
# same as a Debian package, by cpack. See docs/operations.md.
include(GNUInstallDirs)

set(programs todos-server)
if(FORKSCOPE_VISUALIZER)
  list(APPEND programs todos-visualizer)
endif()
install(TARGETS ${programs} RUNTIME)

# The prefix is known only when it is installed: the unit has to name it, and a manual page is what
# --help says, which the programs of another architecture cannot be asked for.
if(CMAKE_CROSSCOMPILING)
  set(can_run OFF)
else()
  set(can_run ON)
endif()
install(CODE "
  set(source \"${CMAKE_SOURCE_DIR}\")
  set(bin \"${CMAKE_RUNTIME_OUTPUT_DIRECTORY}\")
  set(staging \"${CMAKE_BINARY_DIR}/install\")
  set(version \"${PROJECT_VERSION}\")
  set(programs \"${programs}\")
  set(can_run ${can_run})
  set(bin_dir \"${CMAKE_INSTALL_BINDIR}\")
  set(man_dir \"${CMAKE_INSTALL_MANDIR}/man1\")")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/InstallDocuments.cmake)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the people who build it <root@localhost>")
set(CPACK_SET_DESTDIR ON)  # or the unit would name the folder in which the package is made
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(FORKSCOPE_VISUALIZER)
  # The libraries GLFW opens by itself, so nobody finds them in the program.
  set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "fonts-dejavu-core, libxcursor1, libxi6, libxinerama1, libxrandr2")
endif()
include(CPack)
