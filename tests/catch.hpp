#pragma once
// SPDX-License-Identifier: MIT
// Catch2, version 3 or 2, whichever the machine has. Tests include it as "catch.hpp" and use what both versions share.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
