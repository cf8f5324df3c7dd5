#pragma once
// SPDX-License-Identifier: MIT
// parallel_for_each_by_node: a loop whose parts go where the data is. It is one loop, over the elements in the order of
// their nodes; a task for each node begins with that node's share, and whoever is through takes from others as ever.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/loop.hpp>
#include <beat/base/random.hpp>
#include <beat/memory/numa.hpp>
#include <beat/task/task_group.hpp>

namespace beat::inline v0 {

namespace detail {

// On which node a page is that nobody touched, or of which the system does not tell.
inline constexpr int nobody_knows = -1;

/// Elements side by side, on pages of the same node.
struct node_run {
  int home;              // the node's position in the pool's machine, or nobody_knows
  std::size_t first;     // element
  std::size_t size;      // in elements
  std::size_t position;  // of the first element in the loop
};

/// Cuts `count` elements of `size` bytes at `data` into runs, from front to back. An element that lies on two pages
/// goes with the first. `homes_of(places, homes)` says where pages are. It is asked for one page of each stretch, and
/// there are some hundred stretches, or more of 2 MiB each: to ask costs 150 ns, so each stretch is asked for in a
/// thousandth of the time that it takes to read 2 MiB. The page is any of the stretch, because pages that take turns on
/// the nodes would otherwise all seem to be on the same one. Pages that nobody touched go with those before.
template <class HomesOf>
std::vector<node_run> runs_by_node(std::byte* data, std::size_t size, std::size_t count, HomesOf&& homes_of) {
  constexpr std::size_t stretches = 128;
  constexpr std::size_t batch = 256;
  std::size_t const page = numa::unit(page_size::normal);
  std::size_t const bytes = count * size;
  std::size_t const stretch = std::clamp(std::bit_ceil(bytes / stretches), page, std::max(page, numa::huge_page));
  auto const address = reinterpret_cast<std::uintptr_t>(data);

  std::vector<node_run> runs;
  std::array<void*, batch> places;
  std::array<int, batch> homes;
  std::array<std::size_t, batch> firsts;  // elements
  random dice;
  std::size_t asked = 0;
  auto const ask = [&] {
    homes_of(std::span{places}.first(asked), std::span{homes}.first(asked));
    for (std::size_t i = 0; i < asked; ++i) {
      if (!runs.empty() && runs.back().home == nobody_knows) runs.back().home = homes[i];
      bool const goes_on = !runs.empty() && (homes[i] == nobody_knows || homes[i] == runs.back().home);
      if (!goes_on) runs.push_back({.home = homes[i], .first = firsts[i], .size = 0, .position = 0});
    }
    asked = 0;
  };
  for (std::size_t begin = 0, first = 0, end; first != count; begin = end) {
    end = std::min(bytes, (address + begin) / stretch * stretch + stretch - address);
    std::size_t const last = (end - 1) / size + 1;  // the first element that begins at `end` or later
    if (first == last) continue;                    // all of it belongs to an element before
    std::size_t const own = first * size;           // where its elements begin
    places[asked] = data + own + dice.below(static_cast<std::uint32_t>((end - own - 1) / page + 1)) * page;
    firsts[asked] = std::exchange(first, last);
    if (++asked == batch) ask();
  }
  ask();
  for (std::size_t i = runs.size(), last = count; i-- != 0; last = runs[i].first) runs[i].size = last - runs[i].first;
  return runs;
}

/// Calls `f(element)` for a stretch of the loop over `runs`.
template <class F, class T>
struct each_in_runs {
  struct part {};
  F& f;
  T* data;
  std::span<node_run const> runs;

  void step(part& nothing, std::size_t i) { fold(nothing, i, i + 1); }
  void fold(part&, std::size_t i, std::size_t end) {
    auto const is_before = [](std::size_t position, node_run const& run) { return position < run.position; };
    for (auto run = std::upper_bound(runs.begin(), runs.end(), i, is_before) - 1; i != end; ++run) {
      std::size_t const size = std::min(end, run->position + run->size) - i;
      for (T& element : std::span{data + run->first + (i - run->position), size}) std::invoke(f, element);
      i += size;
    }
  }
  void merge(part&, part&&) noexcept {}
};

/// The part of the loop whose elements are on one node.
struct node_share {
  int home;
  std::size_t first, last;  // positions in the loop
  bool is_begun = false;    // written by its task, read once the tasks have ended

  template <class Body>
  void run(loop<Body>& whole, context where) {
    is_begun = true;
    typename Body::part nothing;
    whole.run(where.lane(), nothing, first, last);
  }
};

/// Gives the runs their positions in a loop where those of a node follow each other.
inline std::vector<node_share> shares_of(std::vector<node_run>& runs) {
  std::sort(runs.begin(), runs.end(), [](node_run const& left, node_run const& right) {
    return std::tie(left.home, left.first) < std::tie(right.home, right.first);
  });
  std::vector<node_share> shares;
  for (std::size_t position = 0; node_run & run : runs) {
    if (shares.empty() || shares.back().home != run.home) shares.push_back({run.home, position, position});
    run.position = position;
    shares.back().last = position += run.size;
  }
  return shares;
}

template <class Policy, class T, class F, class HomesOf>
void for_each_by_node(basic_thread_pool<Policy>& pool, std::span<T> elements, F& f, loop_options const& options,
                      HomesOf&& homes_of) {
  auto* const data = reinterpret_cast<std::byte*>(const_cast<std::remove_cv_t<T>*>(elements.data()));
  std::vector<node_run> runs = runs_by_node(data, sizeof(T), elements.size(), homes_of);
  if (runs.empty() || runs.front().home == nobody_knows) return parallel_for_each(pool, elements, std::ref(f), options);
  std::vector<node_share> shares = shares_of(runs);

  auto const run = [&](context where) {
    using body = each_in_runs<F, T>;
    loop<body> whole{where.lane(), body{f, elements.data(), runs}, options.stop};
    auto const here = static_cast<int>(scheduler_of(pool).home_here());
    task_group tasks{pool};
    for (node_share& share : shares)
      if (share.home != here)
        tasks.run([&](context there) { share.run(whole, there); },
                  {.affinity_hint = node_id{static_cast<unsigned>(share.home)}});
    for (node_share& share : shares)
      if (share.home == here) share.run(whole, where);
    tasks.wait();
    for (node_share& share : shares)
      if (!share.is_begun) share.run(whole, where);  // the pool stops, and has cancelled its task
    whole.control().check();
  };
  run_in(scheduler_of(pool), run);
}

}  // namespace detail

/// Calls `f(element)` for each element of `range`, in parallel and in no order that could be relied on. Elements whose
/// pages lie on a NUMA node are begun by that node's workers, in a pool that has placed its workers; where nobody
/// touched the pages yet, by anyone. Where there is nothing to know, as in a pool on one node, or in a build without
/// libnuma, it is parallel_for_each; also where options have policies, which go by the order of the range. Worth its
/// while for data of many pages; see numa_resource. *Throws:* as parallel_for; std::bad_alloc. *Complexity:* one call
/// per element, and a look at one page in 2 MiB, or at up to 128 pages of less than 256 MiB.
template <class Policy, std::ranges::contiguous_range Range, class F>
  requires std::ranges::sized_range<Range> && element_body<F, Range>
void parallel_for_each_by_node(basic_thread_pool<Policy>& pool, Range&& range, F f, loop_options const& options = {}) {
  detail::scheduler const& where = scheduler_of(pool);
  if (!BEAT_HAS_NUMA() || where.homes() == 1 || !options.are_plain())
    return parallel_for_each(pool, range, std::move(f), options);
  auto const homes_of = [&nodes = where.where().machine()->nodes()](std::span<void*> places, std::span<int> homes) {
    detail::numa::nodes_of(places, homes);
    for (int& home : homes) {
      auto const is_there = [home](topology::node const& node) { return std::cmp_equal(node.os_index, home); };
      auto const found = std::find_if(nodes.begin(), nodes.end(), is_there);
      home = found == nodes.end() ? detail::nobody_knows : static_cast<int>(found - nodes.begin());
    }
  };
  std::span const elements{std::ranges::data(range), static_cast<std::size_t>(std::ranges::size(range))};
  detail::for_each_by_node(pool, elements, f, options, homes_of);
}

}  // namespace beat::inline v0
