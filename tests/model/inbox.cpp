// SPDX-License-Identifier: MIT
// The inbox under every schedule: each node is handed out once, a sender's nodes in order, and never is one left behind
// by a taker who found it empty.

#include <beat/runtime/inbox.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

struct node {
  model::plain<node*> next = nullptr;
  model::plain<int> sent = 0;
  model::plain<int> received = 0;
};

using inbox = beat::inbox<node, model::atomics>;

void send(inbox& box, node& n) {
  n.sent = 1;
  box.push(&n);
}

void receive(node* n) {
  model::expect(n->sent == 1, "a node was received before it was sent");
  n->received = n->received + 1;
}

template <std::size_t count>
void all_received(inbox& box, node (&nodes)[count]) {
  while (box.take(1, receive) != 0) {
  }
  model::expect(box.empty(), "what was taken is still there");
  for (node& n : nodes) model::expect(n.received == 1, "a node was lost, or received twice");
}

}  // namespace

TEST_CASE("inbox: two send, one takes", "[model][inbox]") {
  model::verify({.at_least = 8'200}, [] {
    inbox box;
    node nodes[3];
    model::parallel([&] { send(box, nodes[0]), send(box, nodes[1]); }, [&] { send(box, nodes[2]); },
                    [&] { box.take(1, receive), box.take(2, receive); });
    all_received(box, nodes);
  });
}

TEST_CASE("inbox: one sends, two take", "[model][inbox]") {
  model::verify({.at_least = 1'600}, [] {
    inbox box;
    node nodes[2];
    model::parallel([&] { send(box, nodes[0]), send(box, nodes[1]); }, [&] { box.take(1, receive); },
                    [&] { box.take(2, receive); });
    all_received(box, nodes);
  });
}

TEST_CASE("inbox: what one sends arrives in order", "[model][inbox]") {
  model::verify({.at_least = 400}, [] {
    inbox box;
    node nodes[3];
    model::plain<int> last = -1;
    auto const in_order = [&](node* n) {
      receive(n);
      auto const place = static_cast<int>(n - nodes);
      model::expect(place > last, "a later node came first");
      last = place;
    };
    model::parallel(
        [&] {
          for (node& n : nodes) send(box, n);
        },
        [&] { box.take(1, in_order), box.take(1, in_order); });
    while (box.take(1, in_order) != 0) {
    }
    all_received(box, nodes);
  });
}

TEST_CASE("inbox: who finds it empty sees what the taker did before", "[model][inbox]") {
  model::verify({.at_least = 320}, [] {
    inbox box;
    node one;
    model::plain<int> before = 0;
    model::atomic<int> sent{0};
    model::parallel(
        [&] {
          send(box, one);
          sent.store(1, std::memory_order_release);
        },
        [&] {
          while (sent.load(std::memory_order_acquire) == 0) model::atomics::pause();
          before = 1;
          box.take(1, receive);
        },
        [&] {
          if (sent.load(std::memory_order_acquire) == 1 && box.empty())
            model::expect(before == 1, "it was empty before it was taken");
        });
  });
}
