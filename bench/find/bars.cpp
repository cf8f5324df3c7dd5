// SPDX-License-Identifier: MIT
#include <string>

#include "suite/suite.hpp"

namespace {

using suite::results;

bool require_find(char const* where, std::string const& match) {
  std::string const arguments = "/match:" + match + "/workers:";
  return suite::require(
             std::string{"find "} + where + ", 1 worker / serial", 1.05, 0,
             [=](results const& r) { return r["beat_find" + arguments + "1"] / r["serial/match:" + match]; }) &&
         suite::require(std::string{"find "} + where + ", 2 workers / best peer", 1.0, 0, [=](results const& r) {
           return r["beat_find" + arguments + "2"] /
                  r.least({("tbb_parallel_for" + arguments + "2").c_str(), ("std_par" + arguments + "2").c_str(),
                           ("std_par_unseq" + arguments + "2").c_str()});
         });
}

[[maybe_unused]] bool const required[] = {
    require_find("in the first third", "3333333"),
    require_find("at the end", "9999999"),
    require_find("of nothing", "10000000"),
};

}  // namespace
