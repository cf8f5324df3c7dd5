// SPDX-License-Identifier: MIT
// beat: everything, and the header for a join alone. The main function alone is what they are to be compared with.

#include "problem.hpp"

namespace {

void main_function_alone(benchmark::State& state) { compile::measure(state, "int main() {}"); }
BENCHMARK(main_function_alone)->Apply(compile::once);

void beat_all(benchmark::State& state) {
  compile::measure(state, R"(#include <beat.hpp>
int main() { return beat::ThreadPool{2}.run([] { return std::get<0>(beat::join([] { return 0; }, [] { return 1; })); }); })");
}
BENCHMARK(beat_all)->Apply(compile::once);

void beat_join(benchmark::State& state) {
  compile::measure(state, R"(#include <beat/task/join.hpp>
int main() { return std::get<0>(beat::join([] { return 0; }, [] { return 1; })); })");
}
BENCHMARK(beat_join)->Apply(compile::once);

}  // namespace
