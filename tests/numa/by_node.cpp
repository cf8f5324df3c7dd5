// SPDX-License-Identifier: MIT
// Tasks that are pinned to nodes, and the loop that follows the data's pages, where there are several nodes.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "numa/machine.hpp"

namespace {

using beat::node_id;
using beat::placement_policy;

constexpr std::size_t pages_of_each = 32;  // on each node, few enough that each is asked for

// An element for each page, whose pages lie on the last node first, all of them touched by the calling thread.
class spread_pages {
 public:
  struct element {
    int visits;
    std::byte rest[guest::page - sizeof(int)];
  };

  spread_pages() {
    REQUIRE(memory_ != nullptr);
    for (unsigned i = 0; i < guest::nodes; ++i)
      REQUIRE(beat::detail::numa::bind(memory_ + i * pages_of_each * guest::page, pages_of_each * guest::page,
                                       node_of_part(i), beat::numa_policy::bind));
    std::memset(memory_, 0, bytes);
  }
  ~spread_pages() { beat::detail::numa::unmap(memory_, bytes); }
  spread_pages(spread_pages const&) = delete;
  spread_pages& operator=(spread_pages const&) = delete;

  [[nodiscard]] std::span<element> elements() const {
    return {reinterpret_cast<element*>(memory_), guest::nodes * pages_of_each};
  }
  [[nodiscard]] unsigned node_of(element const& e) const {
    return node_of_part(static_cast<unsigned>((&e - elements().data()) / std::ptrdiff_t{pages_of_each}));
  }

 private:
  static constexpr std::size_t bytes = guest::nodes * pages_of_each * guest::page;
  static constexpr unsigned node_of_part(unsigned part) { return guest::nodes - 1 - part; }

  std::byte* const memory_ = static_cast<std::byte*>(beat::detail::numa::map(bytes, beat::page_size::normal));
};

void spin(std::chrono::microseconds time) {
  for (auto const end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
  }
}

}  // namespace

TEST_CASE("a pinned task never runs elsewhere", "[numa]") {
  for (auto const placement : {placement_policy::none, placement_policy::compact, placement_policy::one_per_l3}) {
    beat::ThreadPool pool{{.placement = placement, .machine = beat::discover()}};
    std::vector<beat::future<bool>> tasks;
    for (unsigned i = 0; i < 400; ++i) {
      unsigned const node = i % guest::nodes;
      tasks.push_back(pool.submit([node] { return guest::current_node() == node; }, {.pinned_to = node_id{node}}));
    }
    CHECK(std::count_if(tasks.begin(), tasks.end(), [](auto& task) { return task.get(); }) == 400);
    CHECK(beat::this_thread_affinity() == beat::cpu_set::first_cpus(guest::cpus));
  }
}

TEST_CASE("pages are found on their nodes", "[numa]") {
  spread_pages const data;
  auto const nodes_of = [](std::span<void*> places, std::span<int> nodes) {
    beat::detail::numa::nodes_of(places, nodes);
  };
  auto* const begin = reinterpret_cast<std::byte*>(data.elements().data());
  auto const runs = beat::detail::runs_by_node(begin, 8, guest::nodes * pages_of_each * guest::page / 8, nodes_of);
  REQUIRE(runs.size() == guest::nodes);
  for (unsigned i = 0; i < guest::nodes; ++i) {
    CHECK(runs[i].home == static_cast<int>(guest::nodes - 1 - i));
    CHECK(runs[i].size == pages_of_each * guest::page / 8);
  }
}

// Chance would put a quarter of them there.
TEST_CASE("a loop by node visits most pages from their nodes", "[numa]") {
  spread_pages const data;
  beat::ThreadPool pool{{.placement = placement_policy::compact}};
  constexpr int rounds = 4;
  std::atomic<std::size_t> at_home{0};
  for (int i = 0; i < rounds; ++i)
    beat::parallel_for_each_by_node(pool, data.elements(), [&](spread_pages::element& e) {
      spin(std::chrono::microseconds{300});
      ++e.visits;
      if (guest::current_node() == data.node_of(e)) ++at_home;
    });
  auto const elements = data.elements();
  CHECK(std::all_of(elements.begin(), elements.end(), [](auto const& e) { return e.visits == rounds; }));
  INFO(at_home << " visits from the own node");
  CHECK(at_home > rounds * elements.size() * 6 / 10);
}
