#pragma once
// SPDX-License-Identifier: MIT
// How task_options::pinned_to holds: whoever runs the task, a worker or a thread that waits for it, is on the node
// meanwhile. So no queue, no wake-up and no wait depends on a pin.

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/topology/binding.hpp>
#include <beat/topology/platform.hpp>

namespace beat::inline v0::detail {

[[noreturn]] BEAT_NO_INLINE inline void refuse_to_run(cpu_set const& cpus, std::error_code const& why) {
  if (why == std::errc::not_enough_memory) throw std::bad_alloc{};
  throw error{errc::not_supported, "the system lets no thread run a task that is pinned to the CPUs " +
                                       to_string(cpus) + " (" + why.message() +
                                       "): pin it to another node, or not at all"};
}

/// A thread that a pool moves while it is bound for a task goes where it was moved to afterwards, and not back.
class [[nodiscard]] follow_rebind {
 public:
  follow_rebind() noexcept {
    for (own_ = held_workers; own_ != nullptr && own_->is_guest();) own_ = own_->next_held;
    if (own_ != nullptr) before_ = &own_->shared().where();
  }
  ~follow_rebind() {
    if (own_ == nullptr) return;
    // The pool says where its threads belong before it moves them: so either this sees it, or the thread is moved
    // later.
    for (layout const* now; (now = &own_->shared().where()) != before_; before_ = now) {
      cpu_set const& place = now->place(own_->id());
      static_cast<void>(bind_this_thread(place.empty() ? now->machine()->usable() : place));
    }
  }
  follow_rebind(follow_rebind const&) = delete;
  follow_rebind& operator=(follow_rebind const&) = delete;

 private:
  worker const* own_;  // of the pool that the calling thread belongs to, or null
  layout const* before_ = nullptr;
};

/// While it lives the calling thread is on certain CPUs, those of a task that is pinned to them.
class pin_scope {
 public:
  /// *Throws:* error{not_supported} where the system refuses to bind the thread, std::bad_alloc.
  explicit pin_scope(cpu_set const& cpus) : here_{is_within(cpus) ? cpu_set{} : cpus} {
    if (expected<void> const& result = here_.result(); !result) refuse_to_run(cpus, result.error());
  }
  pin_scope(pin_scope const&) = delete;
  pin_scope& operator=(pin_scope const&) = delete;

 private:
  static bool is_within(cpu_set const& cpus) {
    cpu_set const now = this_thread_affinity();
    return (now & cpus) == now;
  }

  follow_rebind const afterwards_ = {};
  bound_scope const here_;
};

/// On which CPUs a task runs that is pinned to `node`. *Throws:* error{invalid_argument}.
[[nodiscard]] BEAT_NO_INLINE inline cpu_set const& cpus_to_pin_to(crew const& pool, node_id node) {
  layout const& where = pool.where();
  if (!where.machine())
    throw_error(errc::invalid_argument,
                "a task is pinned to a node, and its pool knows of none: give the pool a placement or a machine");
  cpu_set const& cpus = where.cpus_of(node);
  if (cpus.empty())
    throw error{errc::invalid_argument, "a task is pinned to node " + std::to_string(node.value) +
                                            ", where this process may use no CPU: name another of the nodes 0 to " +
                                            std::to_string(where.machine()->nodes().size() - 1) +
                                            " of the pool's machine"};
  return cpus;
}

}  // namespace beat::inline v0::detail
