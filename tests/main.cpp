// SPDX-License-Identifier: MIT
// Catch2 version 2 compiles its main function here, once for all test programs. Version 3 brings its own.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
