#pragma once
// SPDX-License-Identifier: MIT
// sync_wait, where a thread waits for a task, and when_all, where a task waits for several. Included by
// task/coroutine.hpp.

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/runtime/visit.hpp>
#include <beat/task/coroutine_task.hpp>
#include <beat/task/when.hpp>

namespace beat::inline v0 {

namespace detail {

/// Knows when one coroutine has ended.
class end_of_coroutine final : public coroutine_starter {
 public:
  void wait() noexcept {
    if (done_->has_ended()) return;
    blocked_scope const blocked;
    done_->wait();
  }

 private:
  std::coroutine_handle<> coroutine_ended() noexcept override {
    auto const done = done_;  // who waits may be gone, and this with it
    static_cast<void>(done->end(task_outcome::completed));
    return std::noop_coroutine();
  }

  std::shared_ptr<completion<std_atomics>> const done_ = std::make_shared<completion<std_atomics>>();
};

/// Begins several coroutines, and goes on once all have ended.
template <class Tasks>
class all_tasks final : public coroutine_starter {
 public:
  explicit all_tasks(Tasks& tasks) noexcept : tasks_{tasks} {}

  bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    waiting_ = waiting;
    for_each_task(tasks_, [&](auto const& each) {
      auto const begun = task_access::handle(each);
      begun.promise().starter = this;
      begun.promise().stop = stop_token_of(waiting.promise());
      running_.fetch_add(1, std::memory_order_relaxed);
      begun.resume();
    });
    return !leave();
  }

  void await_resume() const noexcept {}

 private:
  std::coroutine_handle<> coroutine_ended() noexcept override {
    std::coroutine_handle<> const waiting = waiting_;
    return leave() ? waiting : std::noop_coroutine();
  }

  /// True where it was the last one. Otherwise this may be gone.
  bool leave() noexcept {
    // acq_rel: the results; pairs with itself
    return running_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  template <class... Ts, class F>
  static void for_each_task(std::tuple<beat::task<Ts>...> const& tasks, F f) {
    std::apply([&](auto const&... each) { (f(each), ...); }, tasks);
  }
  template <class T, class F>
  static void for_each_task(std::vector<beat::task<T>> const& tasks, F f) {
    for (auto const& each : tasks) f(each);
  }

  Tasks& tasks_;
  std::coroutine_handle<> waiting_;
  std::atomic<std::size_t> running_{1};  // coroutines that have not ended, and the one who begins them
};

template <class T>
element_t<T> take_element(beat::task<T> const& ended) {
  if constexpr (std::is_void_v<T>) {
    task_access::handle(ended).promise().take();
    return {};
  } else {
    return element_t<T>{task_access::handle(ended).promise().take()};
  }
}

template <class... Ts>
beat::task<std::tuple<element_t<Ts>...>> await_all(std::tuple<beat::task<Ts>...> tasks) {
  all_tasks<std::tuple<beat::task<Ts>...>> all{tasks};
  co_await all;
  co_return std::apply([](auto const&... each) { return std::tuple<element_t<Ts>...>{take_element(each)...}; }, tasks);
}

}  // namespace detail

/// Begins `awaited` on this thread, blocks until it has ended, wherever that is, and returns its result. A thread of a
/// pool gives its place to another one meanwhile. `stop` is what the coroutine sees as its token.
/// *Throws:* what the coroutine throws; error{no_state}; std::bad_alloc.
template <class T>
T sync_wait(task<T> awaited, std::stop_token const& stop = {}) {
  auto const begun = detail::task_access::handle(awaited);
  detail::end_of_coroutine end;
  begun.promise().starter = &end;
  begun.promise().stop = &stop;
  begun.resume();
  end.wait();
  return begun.promise().take();
}

/// `co_await when_all(f(), g())`: the results of both, in their order, with a std::monostate for void. Each begins on
/// this thread, one after the other, so those that are to run at once go to a pool first. All of them end; then the
/// exception of the leftmost that failed is thrown, if one did. *Throws:* error{no_state}, std::bad_alloc.
template <class First, class... Others>
task<std::tuple<detail::element_t<First>, detail::element_t<Others>...>> when_all(task<First> first,
                                                                                  task<Others>... others) {
  static_cast<void>(detail::task_access::handle(first));
  (static_cast<void>(detail::task_access::handle(others)), ...);
  return detail::await_all(std::tuple<task<First>, task<Others>...>{std::move(first), std::move(others)...});
}

/// The same for any number of one type, also for none.
template <class T>
  requires(!std::is_void_v<T>)
task<std::vector<detail::element_t<T>>> when_all(std::vector<task<T>> tasks) {
  detail::all_tasks<std::vector<task<T>>> all{tasks};
  co_await all;
  std::vector<detail::element_t<T>> results;
  results.reserve(tasks.size());
  for (auto const& each : tasks) results.push_back(detail::take_element(each));
  co_return results;
}

inline task<void> when_all(std::vector<task<void>> tasks) {
  detail::all_tasks<std::vector<task<void>>> all{tasks};
  co_await all;
  for (auto const& each : tasks) detail::take_element(each);
}

}  // namespace beat::inline v0
