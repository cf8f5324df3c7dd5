# SPDX-License-Identifier: MIT
# Runs the port of vcpkg without vcpkg: here are the few functions that it calls. Then looks at what it installed, with the
# eyes of vcpkg's own checks after a build.

cmake_minimum_required(VERSION 3.25)

set(port_folder ${BEAT_SOURCE}/cmake/ports/beat)
set(PORT beat)
set(CURRENT_PACKAGES_DIR ${DIRECTORY}/packages)
set(CURRENT_INSTALLED_DIR ${DIRECTORY}/installed)
file(REMOVE_RECURSE ${DIRECTORY})

file(READ ${port_folder}/vcpkg.json manifest)
foreach(field name version license description)
  string(JSON ${field} GET "${manifest}" ${field})
endforeach()
if(NOT name STREQUAL PORT OR NOT version STREQUAL BEAT_VERSION OR NOT license STREQUAL "MIT" OR NOT description)
  message(FATAL_ERROR "vcpkg.json: name ${name}, version ${version} (not ${BEAT_VERSION}?), license ${license}")
endif()

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endfunction()

# Of the features none is asked for: vcpkg would have to install their libraries.
function(vcpkg_check_features)
  cmake_parse_arguments(PARSE_ARGV 0 check "" "OUT_FEATURE_OPTIONS" "FEATURES")
  set(options "")
  while(check_FEATURES)
    list(POP_FRONT check_FEATURES feature switch)
    string(JSON known ERROR_VARIABLE problem GET "${manifest}" features ${feature} description)
    if(problem)
      message(FATAL_ERROR "vcpkg.json knows no feature '${feature}': ${problem}")
    endif()
    list(APPEND options -D${switch}=OFF)
  endwhile()
  set(${check_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()
function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 configure "" "SOURCE_PATH" "OPTIONS")
  run(${CMAKE_COMMAND} -S ${configure_SOURCE_PATH} -B ${DIRECTORY}/build ${configure_OPTIONS}
      -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR})
endfunction()
function(vcpkg_cmake_install)
  run(${CMAKE_COMMAND} --install ${DIRECTORY}/build)
endfunction()
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 fixup "" "CONFIG_PATH" "")
  file(GLOB files ${CURRENT_PACKAGES_DIR}/${fixup_CONFIG_PATH}/*)
  file(COPY ${files} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT})
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/${fixup_CONFIG_PATH})
endfunction()
function(vcpkg_fixup_pkgconfig)
endfunction()
function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 copyright "" "" "FILE_LIST")
  configure_file(${copyright_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright COPYONLY)
endfunction()

# The port finds its checkout by where it lies.
file(READ ${port_folder}/portfile.cmake portfile)
string(REPLACE "\${CMAKE_CURRENT_LIST_DIR}" "${port_folder}" portfile "${portfile}")
cmake_language(EVAL CODE "${portfile}")

foreach(file include/beat.hpp share/beat/copyright share/beat/usage share/beat/beatConfig.cmake
             share/beat/beatConfigVersion.cmake share/beat/beatTargets.cmake share/beat/libraries.cmake
             share/beat/tune.cmake share/pkgconfig/beat.pc)
  if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
    message(FATAL_ERROR "the port does not install ${file}")
  endif()
endforeach()
file(GLOB_RECURSE unwanted RELATIVE ${CURRENT_PACKAGES_DIR} ${CURRENT_PACKAGES_DIR}/lib/* ${CURRENT_PACKAGES_DIR}/bin/*
     ${CURRENT_PACKAGES_DIR}/debug/* ${CURRENT_PACKAGES_DIR}/share/doc/* ${CURRENT_PACKAGES_DIR}/share/cmake/*)
if(unwanted)
  message(FATAL_ERROR "a header-only port installs ${unwanted}")
endif()
