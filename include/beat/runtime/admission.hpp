#pragma once
// SPDX-License-Identifier: MIT
// Ready-made hooks for pool_options::admission.

#include <memory>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/topology/pressure.hpp>

namespace beat::inline v0 {

namespace detail {

template <class Monitor>
class pressure_admission {
 public:
  pressure_admission(pressure_level limit, std::shared_ptr<Monitor> monitor)
      : limit_{limit},
        monitor_{std::move(monitor)},
        watch_{monitor_->on_change([](pressure_level) {})},  // from now on the monitor knows its level
        is_known_{monitor_->level() != pressure_level::unknown} {}

  bool operator()() const noexcept { return !is_known_ || monitor_->level() < limit_; }

 private:
  pressure_level limit_;
  std::shared_ptr<Monitor> monitor_;
  pressure_subscription watch_;
  bool is_known_;  // otherwise the monitor would read the file each time
};

}  // namespace detail

/// A hook that refuses while memory pressure, as `monitor` sees it, is `limit` or worse. Where nobody knows the
/// pressure when this is called, it never refuses. It subscribes to the monitor, so that asking costs some nanoseconds.
/// *Thread safety:* it may be called from any thread. *Throws:* error{invalid_argument} for a limit that would refuse
/// everything, error{thread_creation_failed}, std::bad_alloc.
template <class Alarm>
[[nodiscard]] auto admit_below(pressure_level limit, std::shared_ptr<basic_pressure_monitor<Alarm>> monitor) {
  if (limit != pressure_level::some && limit != pressure_level::critical)
    detail::throw_error(errc::invalid_argument,
                        "tasks are admitted below the pressure `some` or `critical`: another limit would refuse all");
  return detail::pressure_admission{limit, std::move(monitor)};
}

/// The same with a monitor of its own: `pool_options{.admission = admit_below(pressure_level::critical)}`.
[[nodiscard]] inline auto admit_below(pressure_level limit, pressure_options options = {}) {
  return admit_below(limit, std::make_shared<pressure_monitor>(std::move(options)));
}

}  // namespace beat::inline v0
