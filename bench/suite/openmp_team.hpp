#pragma once
// SPDX-License-Identifier: MIT
// How OpenMP is measured: a team of so many threads, the main thread one of them, each bound to a CPU.

#include <omp.h>

#include "suite.hpp"

namespace suite {

/// Pins the team that later parallel regions of this size use. To be called once, first.
inline int openmp_team(long workers) {
  auto const threads = static_cast<int>(workers);
  omp_set_dynamic(0);
  omp_set_num_threads(threads);
#pragma omp parallel num_threads(threads)
  pin(static_cast<unsigned>(omp_get_thread_num()));
  return threads;
}

}  // namespace suite
