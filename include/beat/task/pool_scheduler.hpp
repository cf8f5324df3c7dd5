#pragma once
// SPDX-License-Identifier: MIT
// The pool scheduler: a pool as what std::execution (P2300, C++26) calls a scheduler. Not a part of beat.hpp: include
// it beside that one. It works with every implementation, and includes none: the caller tells what names it uses.
// Invariant: an operation that was started is completed once, and is not touched after that.

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/queue_in_place.hpp>

namespace beat::inline v0 {

/// The names of an implementation of std::execution, as the members of a struct. For that of C++26 itself:
///
///     struct names {
///       using scheduler_t = std::execution::scheduler_t;                  // the same for
///       ...                                                               // sender_t, operation_state_t,
///                                                                         // set_value_t, set_error_t, set_stopped_t,
///                                                                         // get_env_t, forward_progress_guarantee,
///                                                                         // get_forward_progress_guarantee_t
///       using get_stop_token_t = std::get_stop_token_t;
///       template <class Tag>
///       using get_completion_scheduler_t = std::execution::get_completion_scheduler_t<Tag>;
///       template <class... Signatures>
///       using completion_signatures = std::execution::completion_signatures<Signatures...>;
///     };
template <class N>
concept execution_names = requires {
  typename N::scheduler_t;
  typename N::sender_t;
  typename N::operation_state_t;
  typename N::set_value_t;
  typename N::set_error_t;
  typename N::set_stopped_t;
  typename N::get_env_t;
  typename N::get_stop_token_t;
  typename N::get_forward_progress_guarantee_t;
  typename N::template get_completion_scheduler_t<typename N::set_value_t>;
  typename N::template completion_signatures<typename N::set_value_t()>;
  N::forward_progress_guarantee::parallel;
};

namespace detail {

/// The operation is the task, and so nothing is allocated. A stop request is noticed at the start and at its turn.
template <execution_names Names, class Receiver>
class schedule_operation final : task {
 public:
  using operation_state_concept = typename Names::operation_state_t;

  schedule_operation(scheduler& pool, Receiver receiver) noexcept(std::is_nothrow_move_constructible_v<Receiver>)
      : task{&take_turn}, pool_{pool}, receiver_(std::move(receiver)) {}

  void start() & noexcept {
    if (is_stopped()) return set_stopped();
    if (queue_in_place(pool_, this)) return;  // this may be gone
    typename Names::set_error_t{}(std::move(receiver_), closed());
  }

 private:
  static task_effect take_turn(task* self, task_action action, worker&) noexcept {
    auto& me = static_cast<schedule_operation&>(*self);
    bool const is_cancelled = action == task_action::cancel || me.is_stopped();
    if (is_cancelled)
      me.set_stopped();
    else
      typename Names::set_value_t{}(std::move(me.receiver_));  // the operation may be gone
    return is_cancelled ? task_effect::cancelled : task_effect::completed;
  }

  static std::exception_ptr closed() noexcept {
    try {
      refuse();
    } catch (...) {
      return std::current_exception();
    }
  }

  bool is_stopped() const noexcept {
    return typename Names::get_stop_token_t{}(typename Names::get_env_t{}(receiver_)).stop_requested();
  }
  void set_stopped() noexcept { typename Names::set_stopped_t{}(std::move(receiver_)); }

  scheduler& pool_;
  Receiver receiver_;
};

}  // namespace detail

/// A handle to a pool which outlives all operations that come from it. What it schedules completes with set_value() on
/// a thread that works for the pool, one of its own or one that helps while it waits; with set_stopped() where stop was
/// requested of the receiver before its turn, or the pool cancels what is queued; with set_error(std::exception_ptr),
/// an error{pool_shutdown}, where the pool is closed.
template <execution_names Names>
class pool_scheduler {
 public:
  using scheduler_concept = typename Names::scheduler_t;

  class sender;

  template <class Policy>
  explicit pool_scheduler(basic_thread_pool<Policy>& pool) noexcept : pool_{&scheduler_of(pool)} {}

  sender schedule() const noexcept { return sender{*this}; }

  /// A task that has begun goes on until its end, on a thread.
  auto query(typename Names::get_forward_progress_guarantee_t) const noexcept {
    return Names::forward_progress_guarantee::parallel;
  }

  /// Whether both are of the same pool.
  friend bool operator==(pool_scheduler const&, pool_scheduler const&) = default;

 private:
  detail::scheduler* pool_;
};

/// What `schedule` returns: it can be copied, and connected as often as one likes. `connect` and `start` allocate
/// nothing.
template <execution_names Names>
class pool_scheduler<Names>::sender {
 public:
  using sender_concept = typename Names::sender_t;
  using completion_signatures = typename Names::template completion_signatures<
      typename Names::set_value_t(), typename Names::set_error_t(std::exception_ptr), typename Names::set_stopped_t()>;

  /// Where what follows set_value() runs.
  struct environment {
    pool_scheduler origin;

    pool_scheduler query(
        typename Names::template get_completion_scheduler_t<typename Names::set_value_t>) const noexcept {
      return origin;
    }
  };

  /// How newer wordings ask.
  template <class Self, class... Environment>
  static consteval completion_signatures get_completion_signatures() noexcept {
    return {};
  }

  environment get_env() const noexcept { return {origin_}; }

  template <std::move_constructible Receiver>
  auto connect(Receiver receiver) const noexcept(std::is_nothrow_move_constructible_v<Receiver>) {
    return detail::schedule_operation<Names, Receiver>{*origin_.pool_, std::move(receiver)};
  }

 private:
  friend pool_scheduler;
  explicit sender(pool_scheduler const& origin) noexcept : origin_{origin} {}

  pool_scheduler origin_;
};

}  // namespace beat::inline v0
