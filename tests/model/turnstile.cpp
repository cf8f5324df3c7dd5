// SPDX-License-Identifier: MIT
// The turnstile under every schedule: items go round through two of them, as values in a pipeline, and whoever ends a
// turn sees to the item whose turn it is then.

#include <beat/runtime/turnstile.hpp>

#include <cstdint>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

struct item {
  model::plain<std::uint64_t> number = 0;  // its ticket at the first gate, and where that counts at the second
  model::plain<std::uint64_t> ticket = 0;
  model::plain<int> gate = 0;    // at which it has, or waits for, its turn
  model::plain<int> rounds = 0;  // that are left
};

template <std::uint64_t Items>
struct gate {
  static constexpr std::uint64_t capacity = Items;

  beat::turnstile<item, model::atomics>::cell cells[Items];
  beat::turnstile<item, model::atomics> door{cells, capacity};
  model::plain<std::uint64_t> turns = 0;  // by whoever has the turn
};

template <std::uint64_t Items>
class circle {
 public:
  /// `in_order`: the second gate lets items pass as the first one does.
  explicit circle(bool in_order) : in_order_{in_order} {}

  /// Lets an item go round, and whatever is handed over.
  void run(item& it, int rounds) {
    it.rounds = rounds;
    item* queued[Items] = {};
    std::uint64_t count = 0;
    if (enter(it, 0)) queued[count++] = &it;
    while (count != 0) {
      item& now = *queued[--count];
      gate<Items>& here = gates[now.gate];
      if (now.gate == 0 || in_order_) model::expect(here.turns == now.number, "an item came out of order");
      here.turns = here.turns + 1;
      if (now.gate == 1) now.rounds = now.rounds - 1;
      if (item* const next = here.door.leave(now.ticket)) queued[count++] = next;
      if (now.gate == 1 && now.rounds == 0) continue;
      if (enter(now, 1 - now.gate)) queued[count++] = &now;
    }
  }

  gate<Items> gates[2];

 private:
  bool enter(item& it, int at) {
    it.gate = at;
    if (at == 0 || !in_order_)
      it.ticket = gates[at].door.take_ticket();
    else
      it.ticket = it.number;
    if (at == 0) it.number = it.ticket;
    return gates[at].door.enter(it.ticket, &it);
  }

  bool const in_order_;
};

/// Two items, each on a thread of its own.
void go_round(bool in_order, int first, int second) {
  circle<2> c{in_order};
  item a, b;
  model::parallel([&] { c.run(a, first); }, [&] { c.run(b, second); });
  auto const turns = static_cast<std::uint64_t>(first + second);
  model::expect(c.gates[0].turns == turns && c.gates[1].turns == turns, "an item was left behind");
}

}  // namespace

TEST_CASE("turnstile: two items go round in order", "[model][turnstile]") {
  model::verify({.at_least = 350}, [] { go_round(true, 3, 2); });
}

TEST_CASE("turnstile: two items go round as they come", "[model][turnstile]") {
  model::verify({.at_least = 800}, [] { go_round(false, 3, 2); });
}

TEST_CASE("turnstile: three items go round as they come", "[model][turnstile]") {
  model::verify({.at_least = 7'000}, [] {
    circle<3> c{false};
    item a, b, d;
    model::parallel([&] { c.run(a, 2); }, [&] { c.run(b, 1); }, [&] { c.run(d, 1); });
    model::expect(c.gates[0].turns == 4 && c.gates[1].turns == 4, "an item was left behind");
  });
}
