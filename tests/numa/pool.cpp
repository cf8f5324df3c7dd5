// SPDX-License-Identifier: MIT
// The workers of a pool run where they were planned to.

#include <beat.hpp>
#include <latch>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "numa/machine.hpp"

namespace {

using beat::cpu_set;
using beat::placement_policy;

struct worker_place {
  cpu_set allowed;
  unsigned cpu = 0;
};

// Where each worker may run and runs, by its name. Each gets a task, which ends once all have begun.
std::map<std::string, worker_place> places_of_workers(beat::ThreadPool& pool) {
  std::map<std::string, worker_place> places;
  std::mutex guard;
  std::latch all{static_cast<std::ptrdiff_t>(pool.workers()) + 1};
  for (std::size_t i = 0; i < pool.workers(); ++i)
    pool.post([&] {
      {
        std::lock_guard const lock{guard};
        places[beat::this_thread_name()] = {beat::this_thread_affinity(), beat::current_cpu()};
      }
      all.arrive_and_wait();
    });
  all.arrive_and_wait();
  pool.wait();
  return places;
}

}  // namespace

TEST_CASE("each worker is bound where it is planned", "[numa]") {
  beat::topology const machine = beat::discover();
  for (placement_policy const policy : {placement_policy::compact, placement_policy::scatter,
                                        placement_policy::one_per_core, placement_policy::one_per_l3})
    for (unsigned const workers : {3U, guest::cpus, guest::cpus + 2}) {
      std::vector<cpu_set> const plan = optimal_thread_placement(machine, workers, policy);
      beat::ThreadPool pool{{.workers = workers, .placement = policy, .name = "w"}};
      auto const places = places_of_workers(pool);
      CHECK(places.size() == workers);
      for (unsigned i = 0; i < workers; ++i) {
        worker_place const& place = places.at("w-" + std::to_string(i));
        CHECK(place.allowed == plan[i]);
        CHECK(plan[i].contains(place.cpu));
      }
    }
}

TEST_CASE("the workers of a pool that is placed nowhere may run everywhere", "[numa]") {
  beat::ThreadPool pool;
  CHECK(pool.workers() == guest::cpus);
  for (auto const& [name, place] : places_of_workers(pool)) CHECK(place.allowed == cpu_set::first_cpus(guest::cpus));
}

TEST_CASE("a pool follows a machine that was described to it", "[numa]") {
  beat::topology_tables tables = beat::discover().tables();
  tables.usable = guest::cpus_of(3);
  beat::ThreadPool pool{{.workers = 2,
                         .placement = placement_policy::compact,
                         .machine = beat::topology{std::move(tables)},
                         .name = "w"}};
  auto const places = places_of_workers(pool);
  CHECK(places.at("w-0").allowed == cpu_set{6});
  CHECK(places.at("w-1").allowed == cpu_set{7});
}

TEST_CASE("a pool that is bound anew runs where it is planned then", "[numa]") {
  beat::topology const machine = beat::discover();
  beat::ThreadPool pool{{.workers = guest::cpus, .placement = placement_policy::compact, .name = "w"}};
  for (placement_policy const policy :
       {placement_policy::scatter, placement_policy::one_per_l3, placement_policy::none, placement_policy::compact}) {
    std::vector<cpu_set> const plan = optimal_thread_placement(machine, guest::cpus, policy);
    auto const results = pool.rebind(policy);
    CHECK(results.size() == guest::cpus);
    for (auto const& result : results) CHECK(result.has_value());
    auto const places = places_of_workers(pool);
    for (unsigned i = 0; i < guest::cpus; ++i) CHECK(places.at("w-" + std::to_string(i)).allowed == plan[i]);
  }
}
