// SPDX-License-Identifier: MIT
// The depot under every schedule: a chain is with one thread, who sees what the last one wrote into it.

#include <beat/memory/node_depot.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

struct chain {
  model::atomic<chain*> next{nullptr};  // only a planted bug uses it
  model::plain<int> uses = 0;
};

using depot = beat::detail::node_depot<chain, 2, model::atomics>;

void give(depot& d, chain& c, int& refused) {
  c.uses = c.uses + 1;
  if (!d.give(&c)) ++refused;
}

}  // namespace

TEST_CASE("node depot: chains go from hand to hand", "[model][node_depot]") {
  model::verify({.at_least = 34'400}, [] {
    depot d;
    chain chains[3];
    int refused[3] = {0, 0, 0};
    int taken[3] = {0, 0, 0};
    auto const exchange = [&](int i) {
      give(d, chains[i], refused[i]);
      if (chain* const got = d.take()) {
        ++taken[i];
        give(d, *got, refused[i]);
      }
    };
    model::parallel([&] { exchange(0); }, [&] { give(d, chains[1], refused[1]); }, [&] { exchange(2); });
    int left = 0;
    while (chain* const got = d.take()) {
      ++left;
      got->uses = got->uses + 1;
    }
    model::expect(left + refused[0] + refused[1] + refused[2] == 3, "a chain was lost, or is with two");
  });
}
