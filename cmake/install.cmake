# SPDX-License-Identifier: MIT
# What find_package(beat) needs. Nothing in it depends on the machine, so it goes to share/ and not to lib/.

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

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/beatConfig.cmake.in ${PROJECT_BINARY_DIR}/beatConfig.cmake
                              INSTALL_DESTINATION ${beat_package_dir})
# Until 1.0, a new minor version may break its users.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/beatConfigVersion.cmake
  COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/beatConfig.cmake ${PROJECT_BINARY_DIR}/beatConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/libraries.cmake
        DESTINATION ${beat_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
