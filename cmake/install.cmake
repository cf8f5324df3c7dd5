# SPDX-License-Identifier: MIT
# What find_package(beat) and pkg-config need. Nothing in it depends on the machine, so it goes to share/ and not to
# lib/.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(beat_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/beat)
install(
  TARGETS beat
  EXPORT beat_targets
  FILE_SET HEADERS)
install(
  EXPORT beat_targets
  NAMESPACE beat::
  FILE beatTargets.cmake
  DESTINATION ${beat_package_dir})

list(TRANSFORM beat_libraries TOLOWER OUTPUT_VARIABLE beat_libraries_lower)
list(JOIN beat_libraries_lower " " beat_libraries_lower)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/beatConfig.cmake.in ${PROJECT_BINARY_DIR}/beatConfig.cmake
                              INSTALL_DESTINATION ${beat_package_dir})
# Until 1.0, a new minor version may break its users.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/beatConfigVersion.cmake
  COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/beatConfig.cmake ${PROJECT_BINARY_DIR}/beatConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/libraries.cmake ${CMAKE_CURRENT_LIST_DIR}/tune.cmake
        DESTINATION ${beat_package_dir})

# For pkg-config; it may be moved with its prefix.
set(beat_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(beat_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
set(beat_pc_requires "${beat_libraries_lower}")
set(beat_pc_definitions "")
foreach(switch IN LISTS beat_libraries)
  string(APPEND beat_pc_definitions " -DBEAT_WITH_${switch}=1")
endforeach()
if(BEAT_PORTABLE)
  string(APPEND beat_pc_definitions " -DBEAT_PORTABLE=1")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/beat.pc.in ${PROJECT_BINARY_DIR}/beat.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/beat.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(PROJECT_IS_TOP_LEVEL)
  add_custom_target(
    uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt -P
                      ${CMAKE_CURRENT_LIST_DIR}/uninstall.cmake)
endif()
