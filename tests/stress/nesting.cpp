// SPDX-License-Identifier: MIT
// Random programs of everything that beat has, nested in each other: each gives what the same program gives serially.

#include <atomic>
#include <beat.hpp>
#include <cstdint>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "stress.hpp"

namespace {

using namespace stress;

using number = std::uint64_t;

number mixed(number seed, number salt) { return (seed ^ (salt * 0x9e37'79b9'7f4a'7c15U)) * 0xbf58'476d'1ce4'e5b9U; }

/// What a node of the program yields, from its parts.
number combined(number seed, std::vector<number> const& parts) {
  return std::accumulate(parts.begin(), parts.end(), seed, [](number a, number b) { return a * 31 + b; });
}

/// A program is a tree that its seed describes: each node has up to four parts, and a way to run them.
template <class Pool>
class program {
 public:
  program(Pool& pool, Pool& other) : pool_{pool}, other_{other} {}

  static number serially(number seed, int depth) {
    if (depth == 0) return seed;
    std::vector<number> parts(size_of(seed));
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = serially(mixed(seed, i + 1), depth - 1);
    return combined(seed, parts);
  }

  number run(number seed, int depth) {
    if (depth == 0) return seed;
    std::vector<number> parts(size_of(seed));
    auto const part = [&](std::size_t i) { parts[i] = run(mixed(seed, i + 1), depth - 1); };
    auto const parts_from = [&](std::size_t first) {
      for (std::size_t i = first; i < parts.size(); ++i) part(i);
    };
    switch (beat::random{seed}.below(12)) {
      case 0:
        parts_from(0);
        break;
      case 1:
        beat::parallel_for(beat::here(), std::size_t{0}, parts.size(), part);
        break;
      case 2:
        beat::parallel_for(pool_, std::size_t{0}, parts.size(), part);
        break;
      case 3: {
        std::vector<std::size_t> indices(parts.size());
        std::iota(indices.begin(), indices.end(), std::size_t{0});
        beat::pcall_each(indices, part);
        break;
      }
      case 4: {
        beat::task_group group{pool_};
        for (std::size_t i = 0; i < parts.size(); ++i) group.run([&, i] { part(i); });
        group.wait();
        break;
      }
      case 5: {
        std::vector<beat::future<void>> futures;
        for (std::size_t i = 0; i < parts.size(); ++i) futures.push_back(pool_.submit([&, i] { part(i); }));
        for (auto& f : futures) f.get();
        break;
      }
      case 6:  // the other pool, and from there back
        other_.run([&] { beat::parallel_for(beat::here(), std::size_t{0}, parts.size(), part); });
        break;
      case 7: {
        auto there = other_.submit([&] { parts_from(0); });
        while (!there.wait_for(50us)) {
        }
        break;
      }
      case 8: {  // out of order
        auto dropped = beat::pcall([] {});
        auto first = beat::pcall([&] { part(0); });
        auto others = beat::pcall([&] { parts_from(1); });
        first.get();
        others.get();
        break;
      }
      case 9: {  // an exception, after all parts
        try {
          beat::join(
              [&] {
                part(0);
                throw seed;
              },
              [&] { parts_from(1); });
          parts[0] = 0;  // the exception is lost
        } catch (number thrown) {
          if (thrown != seed) parts[0] = 0;
        }
        break;
      }
      case 10: {  // waited for by a task of the other pool
        auto there = pool_.submit([&] { parts_from(0); });
        beat::task_group group{other_};
        group.run([&] { there.wait(); });
        group.wait();
        break;
      }
      default:
        parts = beat::parallel_map(beat::here(), std::views::iota(std::size_t{0}, parts.size()),
                                   [&](std::size_t i) { return run(mixed(seed, i + 1), depth - 1); });
    }
    return combined(seed, parts);
  }

 private:
  static std::size_t size_of(number seed) { return 1 + (seed >> 17) % 4; }

  Pool& pool_;
  Pool& other_;
};

}  // namespace

TEMPLATE_TEST_CASE("random programs give what they give serially", "[stress]", beat::ThreadPool,
                   beat::basic_thread_pool<eager_policy>, beat::basic_thread_pool<sleepy_policy>) {
  long const seeds = often(300, 60);
  unsigned const workers = GENERATE(1U, 2U, 4U, 64U);
  watched<TestType> one{"random programs: one pool", workers};
  watched<TestType> two{"random programs: the other pool", workers};
  for (long i = 0; i < seeds; ++i) {
    auto const seed = mixed(static_cast<number>(i) + workers, 7);
    INFO("seed " << seed);
    number const expected = program<TestType>::serially(seed, 5);
    program<TestType> p{one, two};
    REQUIRE(one.run([&] { return p.run(seed, 5); }) == expected);
    REQUIRE(p.run(seed, 4) == program<TestType>::serially(seed, 4));  // from outside
  }
  one.wait();
  two.wait();
  CHECK(one.stats().completed == one.stats().submitted);
  CHECK(two.stats().completed == two.stats().submitted);
}
