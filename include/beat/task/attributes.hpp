#pragma once
// SPDX-License-Identifier: MIT
// How a task gets what its options ask for, and how that holds while it runs. A plain task pays for a look at one
// pointer.

#include <atomic>
#include <optional>
#include <utility>

#include <beat/runtime/pool.hpp>
#include <beat/task/pinned.hpp>

namespace beat::inline v0::detail {

/// While it lives the task runs on `me`: on the CPUs that it is pinned to, and under its name.
class [[nodiscard]] running_scope {
 public:
  /// *Throws:* error{not_supported} where the system refuses to bind the thread, std::bad_alloc.
  running_scope(task const& t, worker& me) {
    if (t.attributes != nullptr) [[unlikely]]
      enter(*t.attributes, me);
  }
  ~running_scope() {
    if (runner_ != nullptr) [[unlikely]]
      leave();
  }
  running_scope(running_scope const&) = delete;
  running_scope& operator=(running_scope const&) = delete;

 private:
  BEAT_NO_INLINE void enter(task_attributes const& its, worker& me) {
    if (its.cpus != nullptr) pin_ = new pin_scope{*its.cpus};
    outer_name_ = me.task_name.load(std::memory_order_relaxed);                        // written by this thread alone
    if (its.name != nullptr) me.task_name.store(its.name, std::memory_order_release);  // release: describe()
    runner_ = &me;
  }
  BEAT_NO_INLINE void leave() noexcept {
    runner_->task_name.store(outer_name_, std::memory_order_release);  // release: pairs with describe()
    delete pin_;
  }

  worker* runner_ = nullptr;  // null for a plain task
  char const* outer_name_ = nullptr;
  pin_scope* pin_ = nullptr;  // apart, as it is large; null without a pin
};

/// *Throws:* error{invalid_argument}, std::bad_alloc.
BEAT_NO_INLINE inline void set_attributes(crew const& pool, task& t, task_options const& options) {
  auto const its = new task_attributes;
  t.attributes.reset(its);
  its->name = options.name.c_str();
  if (options.pinned_to) its->cpus = &cpus_to_pin_to(pool, *options.pinned_to);
  if (options.deadline) its->deadline = *options.deadline;
}

/// Gives `t` what `options` ask for. The node where it is to be queued, if they name one.
/// *Throws:* error{invalid_argument}, std::bad_alloc.
inline std::optional<node_id> equip(crew const& pool, task& t, task_options const& options) {
  if (options.pinned_to || options.deadline || options.name) [[unlikely]]
    set_attributes(pool, t, options);
  return options.pinned_to ? options.pinned_to : options.affinity_hint;
}

}  // namespace beat::inline v0::detail
