#pragma once
// SPDX-License-Identifier: MIT
// compile: how long the compiler takes for a file that includes a library's header and makes one short use of it.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

namespace compile {

inline void measure(benchmark::State& state, std::string const& source, std::string const& flags = "") {
  std::string const command = "printf '%s' '" + source + "' | " BENCH_COMPILER " -std=c++20 -O2 -I" BENCH_INCLUDE " " +
                              flags + " -x c++ -c -o /dev/null -";
  for (auto _ : state)
    if (std::system(command.c_str()) != 0) state.SkipWithError("it does not compile");
}

/// The arguments of every competitor.
inline void once(benchmark::internal::Benchmark* b) { b->Unit(benchmark::kMillisecond)->UseRealTime(); }

}  // namespace compile
