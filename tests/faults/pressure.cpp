// SPDX-License-Identifier: MIT
// Where memory runs out while somebody subscribes to memory pressure.

#include <beat/topology/pressure.hpp>
#include <new>
#include <utility>

#include "catch.hpp"
#include "faults.hpp"

namespace {

/// A callback that subscribes another one when it is dropped.
class subscribing {
 public:
  explicit subscribing(beat::pressure_monitor& monitor) noexcept : monitor_{&monitor} {}
  subscribing(subscribing&& other) noexcept : monitor_{std::exchange(other.monitor_, nullptr)} {}
  ~subscribing() {
    if (monitor_ == nullptr) return;
    try {
      auto const other = monitor_->on_change([](beat::pressure_level) {});
    } catch (std::bad_alloc const&) {
    }
  }
  void operator()(beat::pressure_level) {}

 private:
  beat::pressure_monitor* monitor_;
};

}  // namespace

TEST_CASE("a callback that is dropped for want of memory may use the monitor in its destructor", "[unit]") {
  auto const [points, wrong] = faults::fail_each(faults::kind::allocation, [] {
    beat::pressure_monitor monitor{{.root = "/nowhere"}};
    auto const subscription = monitor.on_change(subscribing{monitor});
  });
  INFO(wrong);
  CHECK(wrong.empty());
  CHECK(points >= 3);
}
