# SPDX-License-Identifier: MIT
# For users: beat itself brings no options. Read by CMakeLists.txt, and by beatConfig.cmake where beat is used.

include_guard(GLOBAL)

# beat_tune_target(<target> [NATIVE] [LTO])
# NATIVE compiles the target for the CPU of this machine: it may not run on others. LTO optimises across its sources, in
# all configurations but Debug. What the compiler can't do is an error.
function(beat_tune_target target)
  cmake_parse_arguments(PARSE_ARGV 1 tune "NATIVE;LTO" "" "")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "beat_tune_target: there is no target '${target}'. Call it after add_executable or add_library.")
  endif()
  if(tune_UNPARSED_ARGUMENTS OR NOT (tune_NATIVE OR tune_LTO))
    message(FATAL_ERROR "beat_tune_target(${ARGV}): say NATIVE, LTO or both, and nothing else.")
  endif()
  if(tune_NATIVE)
    include(CheckCXXCompilerFlag)
    foreach(flag -march=native -mcpu=native)
      string(MAKE_C_IDENTIFIER "beat_compiler_knows_${flag}" known)
      check_cxx_compiler_flag(${flag} ${known})
      if(${known})
        target_compile_options(${target} PRIVATE ${flag})
        break()
      endif()
    endforeach()
    if(NOT ${known})
      message(FATAL_ERROR "beat_tune_target(${ARGV}): this compiler has no option to compile for the CPU of this machine. "
                          "Leave NATIVE out.")
    endif()
  endif()
  if(tune_LTO)
    include(CheckIPOSupported)
    check_ipo_supported(RESULT supported OUTPUT reason LANGUAGES CXX)
    if(NOT supported)
      message(FATAL_ERROR "beat_tune_target(${ARGV}): this compiler can't optimise across sources. Leave LTO out.\n"
                          "${reason}")
    endif()
    set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON INTERPROCEDURAL_OPTIMIZATION_DEBUG OFF)
  endif()
endfunction()
