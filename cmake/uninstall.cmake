# SPDX-License-Identifier: MIT
# cmake -DMANIFEST=... -P uninstall.cmake
# Removes what the last installation from this build tree wrote, and the folders which are empty then.

cmake_minimum_required(VERSION 3.25)

if(NOT EXISTS ${MANIFEST})
  message(FATAL_ERROR "${MANIFEST} is not there: nothing was installed from this build tree. To uninstall, use the tree "
                      "from which it was installed.")
endif()
file(STRINGS ${MANIFEST} files)
foreach(file IN LISTS files)
  if(EXISTS "$ENV{DESTDIR}${file}" OR IS_SYMLINK "$ENV{DESTDIR}${file}")
    message(STATUS "Removing $ENV{DESTDIR}${file}")
    file(REMOVE "$ENV{DESTDIR}${file}")
  endif()
  # Only folders that are beat's own: a prefix belongs to others, too.
  get_filename_component(folder "$ENV{DESTDIR}${file}" DIRECTORY)
  while(folder MATCHES "/beat(/|$)" AND EXISTS "${folder}")
    file(GLOB left "${folder}/*")
    if(left)
      break()
    endif()
    file(REMOVE_RECURSE "${folder}")
    get_filename_component(folder "${folder}" DIRECTORY)
  endwhile()
endforeach()
