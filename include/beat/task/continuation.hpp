#pragma once
// SPDX-License-Identifier: MIT
// future::then: a task that waits for another one, and then is queued. Invariant: it is counted in from the start, and
// arrives once, so that the pool lives until then; a chain of them needs no stack. Protocol: runtime/README.md,
// "Completion".

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/base/error.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/future.hpp>

namespace beat::inline v0 {

namespace detail {

/// The futures which a state waits for: those who wait or stop look at them, until the one who is told of their end
/// takes them away.
template <class Futures>
class predecessors {
 public:
  /// Before anybody else knows the state.
  Futures& keep(Futures futures) noexcept {
    futures_.emplace(std::move(futures));
    return *futures_;
  }

  /// `f(futures)`, unless they were taken away.
  template <class F>
  auto look(F&& f) -> decltype(f(std::declval<Futures const&>())) {
    using result = decltype(f(std::declval<Futures const&>()));
    std::lock_guard const lock{mutex_};
    return futures_ ? f(std::as_const(*futures_)) : result();
  }

  /// By one thread, once.
  Futures take() noexcept {
    std::lock_guard const lock{mutex_};
    Futures taken = std::move(*futures_);
    futures_.reset();
    return taken;
  }

 private:
  std::mutex mutex_;
  std::optional<Futures> futures_;
};

template <class T, class F>
class continuation final : public future_state<typename continuation_result<F, T>::type>, public follower {
 public:
  using result = typename continuation_result<F, T>::type;

  template <class G>
  continuation(scheduler& where, G&& f)
      : future_state<result>{where, std::stop_token{}, std::stop_source{std::nostopstate}},
        callable_{std::in_place, std::forward<G>(f)} {
    this->is_queued_later();
  }

  /// Once it is expected by its pool.
  void follow(future<T>& before) noexcept {
    future_state<T>& leader = future_access::state(before_.keep(std::move(before)));
    if (!leader.follow_by(*this)) leader_ended();
  }

 private:
  follower* leader_ended() noexcept override {
    this->enter_queue();
    this->pool->arrive(this);
    return nullptr;
  }

  task_share predecessor() noexcept override {
    return before_.look(
        [](future<T> const& f) { return f.is_ready() ? task_share{} : share(future_access::state(f)); });
  }
  void list_predecessors(std::vector<task_share>& found) override {
    before_.look([&](future<T> const& f) { found.push_back(share(future_access::state(f))); });
  }

  task_outcome execute(worker&) noexcept override {
    future<T> before = before_.take();
    future_state<T>& leader = future_access::state(before);
    task_outcome how;
    if (continued_by_value<F, T>::value && leader.has_failed()) {
      this->value.fail(leader.take_error());
      how = leader.done.outcome();
    } else {
      how = this->value.capture([&]() -> result { return call_with(std::move(before)); }) ? task_outcome::completed
                                                                                          : task_outcome::failed;
    }
    callable_.reset();  // what it captured is released with the task, not with the future
    return how;
  }

  result call_with(future<T> before) {
    if constexpr (!continued_by_value<F, T>::value) {
      return std::invoke(*callable_, std::move(before));
    } else if constexpr (std::is_void_v<T>) {
      before.get();
      return std::invoke(*callable_);
    } else {
      return std::invoke(*callable_, before.get());
    }
  }

  task_outcome cancel(errc why) noexcept override {
    static_cast<void>(before_.take());
    callable_.reset();
    this->fail_unbegun(why);
    return task_outcome::cancelled;
  }

  std::optional<F> callable_;
  predecessors<future<T>> before_;
};

template <class T, class F>
auto follow(future<T>& before, scheduler* pool, F&& f) {
  using state = continuation<T, std::decay_t<F>>;
  static_cast<void>(future_access::state(before));
  if (pool == nullptr)
    throw_error(errc::invalid_argument,
                "a future that when_all made of no futures has no pool to go on in: name one, then(pool, f)");
  auto next = std::make_unique<state>(*pool, std::forward<F>(f));
  if (!pool->expect()) refuse();
  future<typename state::result> result{*next};
  next.release()->follow(before);
  return result;
}

}  // namespace detail

template <class T>
template <class F>
  requires continuation_of<std::decay_t<F>, T>
auto future<T>::then(F&& f) {
  return detail::follow(*this, state().pool, std::forward<F>(f));
}

template <class T>
template <class Policy, class F>
  requires continuation_of<std::decay_t<F>, T>
auto future<T>::then(basic_thread_pool<Policy>& pool, F&& f) {
  return detail::follow(*this, &scheduler_of(pool), std::forward<F>(f));
}

}  // namespace beat::inline v0
