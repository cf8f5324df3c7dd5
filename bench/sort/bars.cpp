// SPDX-License-Identifier: MIT
#include <string>

#include "problem.hpp"
#include "suite/suite.hpp"

namespace {

using suite::results;

/// Of each pattern: in whatever order it is there already, it is no reason to lose.
template <long Kind>
bool require_pattern(std::string const& name) {
  std::string const arguments = "_pattern/pattern:" + std::to_string(Kind);
  return suite::require("sort, " + name + ", 2 workers / oneTBB", 1.0, 0,
                        [=](results const& r) {
                          return r["beat_sort" + arguments + "/workers:2"] / r["tbb_sort" + arguments + "/workers:2"];
                        }) &&
         suite::require("sort, " + name + ", 1 worker / serial", 1.0, 0, [=](results const& r) {
           return r["beat_sort" + arguments + "/workers:1"] / r["serial" + arguments];
         });
}

[[maybe_unused]] bool const required[] = {
    require_pattern<sort::sorted>("sorted"),
    require_pattern<sort::reversed>("reversed"),
    require_pattern<sort::few_unique>("few unique"),
    require_pattern<sort::organ_pipe>("organ pipe"),
    suite::require("sort of 10^7 doubles, 2 workers / best peer", 1.0, 0,
                   [](results const& r) {
                     return r["beat_sort/workers:2"] /
                            r.least({"tbb_sort/workers:2", "std_par_unseq/workers:2", "openmp_gnu_parallel/workers:2",
                                     "std_async/workers:2"});
                   }),
};

}  // namespace
