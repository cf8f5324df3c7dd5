// SPDX-License-Identifier: MIT
// Where the memory of workers lies, in the first pool of the process: a later one gets memory that others have used.

#include <beat.hpp>
#include <cstddef>
#include <latch>
#include <vector>

#include "numa/machine.hpp"

TEST_CASE("what a worker needs lies on its node", "[numa]") {
  beat::ThreadPool pool{{.placement = beat::placement_policy::compact}};
  std::vector<unsigned> workers(guest::cpus, guest::nodes);
  std::vector<unsigned> stacks(guest::cpus, guest::nodes);
  std::latch all{static_cast<std::ptrdiff_t>(guest::cpus)};
  for (unsigned i = 0; i < guest::cpus; ++i)
    pool.post([&] {
      unsigned const me = beat::current_cpu();
      workers[me] = beat::node_of(beat::detail::current_lane->self).value_or(guest::nodes);
      stacks[me] = beat::node_of(&me).value_or(guest::nodes);
      all.arrive_and_wait();
    });
  all.wait();
  pool.shutdown();
  CHECK(workers == std::vector<unsigned>{0, 0, 1, 1, 2, 2, 3, 3});
  CHECK(stacks == std::vector<unsigned>{0, 0, 1, 1, 2, 2, 3, 3});
}
