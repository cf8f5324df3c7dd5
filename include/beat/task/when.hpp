#pragma once
// SPDX-License-Identifier: MIT
// when_all and when_any: one future for several. Its state is no task: whoever ends the last of them, or the first,
// ends it.

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <beat/base/error.hpp>
#include <beat/task/continuation.hpp>
#include <beat/task/future.hpp>

namespace beat::inline v0 {

/// Which future was the first, and its result.
template <class T>
struct any_result {
  std::size_t index;
  T value;
};

namespace detail {

/// What stands for a T in a struct or container.
template <class T>
using element_t =
    std::conditional_t<std::is_void_v<T>, std::monostate,
                       std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>,
                                          std::remove_cv_t<T>>>;

template <class T>
element_t<T> take_element(future<T>& ready) {
  if constexpr (std::is_void_v<T>) {
    ready.get();
    return {};
  } else {
    return element_t<T>{ready.get()};
  }
}

/// Calls `f(future)` for each of them, in order, until that is true.
template <class... Ts, class F>
bool any_of_futures(std::tuple<future<Ts>...> const& futures, F&& f) {
  return std::apply([&](auto const&... each) { return (f(each) || ...); }, futures);
}
template <class T, class F>
bool any_of_futures(std::vector<future<T>> const& futures, F&& f) {
  return std::any_of(futures.begin(), futures.end(), f);
}

/// The leader number `i`, or null where there are not so many.
template <class... Ts>
awaited_task* leader_at(std::tuple<future<Ts>...> const& futures, std::size_t i) {
  awaited_task* found = nullptr;
  any_of_futures(futures, [&](auto const& each) {
    found = i == 0 ? &future_access::state(each) : nullptr;
    return i-- == 0;
  });
  return found;
}
template <class T>
awaited_task* leader_at(std::vector<future<T>> const& futures, std::size_t i) {
  return i < futures.size() ? &future_access::state(futures[i]) : nullptr;
}

template <class... Ts>
auto results_of(std::tuple<future<Ts>...>& futures) {
  return std::apply([](auto&... each) { return std::tuple<element_t<Ts>...>{take_element(each)...}; }, futures);
}
template <class T>
auto results_of(std::vector<future<T>>& futures) {
  if constexpr (!std::is_void_v<T>) {
    std::vector<element_t<T>> results;
    results.reserve(futures.size());
    for (auto& each : futures) results.push_back(take_element(each));
    return results;
  }
}

/// A state that ends by what happens to several others.
template <class Futures, class Result>
class gathering : public future_state<Result>, public follower {
 public:
  /// Once it is owned by its future and by itself.
  void follow(Futures given) noexcept {
    Futures const& futures = futures_.keep(std::move(given));
    any_of_futures(futures, [this](auto const& each) {
      told_by_.fetch_add(1, std::memory_order_relaxed);
      if (!future_access::state(each).follow_by(*this)) leave(ended());
      return false;
    });
    for (follower* told = leave(all_follow()); told != nullptr;) told = told->leader_ended();
  }

 protected:
  explicit gathering(scheduler* where) noexcept : future_state<Result>{where} {}

  // Both return who follows on this, where it ended by that. Only after both, one of them returns somebody.
  virtual follower* ended() noexcept = 0;
  virtual follower* all_follow() noexcept = 0;

  predecessors<Futures>& leaders() noexcept { return futures_; }

  follower* fail_like(awaited_task& leader, std::exception_ptr error) noexcept {
    this->value.fail(std::move(error));
    return this->end_untold(leader.done.outcome());
  }

 private:
  follower* leader_ended() noexcept override { return leave(ended()); }

  /// This may be gone afterwards.
  follower* leave(follower* told) noexcept {
    // acq_rel: everything done with the state comes before its end; pairs with itself
    if (told_by_.fetch_sub(1, std::memory_order_acq_rel) == 1) this->release();
    return told;
  }

  void list_predecessors(std::vector<task_share>& found) override {
    futures_.look([&](Futures const& futures) {
      any_of_futures(futures, [&](auto const& each) {
        found.push_back(share(future_access::state(each)));
        return false;
      });
    });
  }

  predecessors<Futures> futures_;
  std::atomic<std::size_t> told_by_{1};  // leaders that still tell this one, and the one who lets it follow them
};

template <class Futures>
class all_of final : public gathering<Futures, decltype(results_of(std::declval<Futures&>()))> {
 public:
  using result = decltype(results_of(std::declval<Futures&>()));

  all_of(scheduler* where, std::size_t count) noexcept : gathering<Futures, result>{where}, left_{count + 1} {}

 private:
  follower* ended() noexcept override {
    // acq_rel: the results; pairs with itself
    if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return nullptr;
    Futures futures = this->leaders().take();
    follower* told = nullptr;
    auto const pass_error_on = [&](auto const& each) {
      auto& leader = future_access::state(each);
      if (!leader.has_failed()) return false;
      told = this->fail_like(leader, leader.take_error());
      return true;
    };
    if (any_of_futures(futures, pass_error_on)) return told;
    bool const has_value = this->value.capture([&]() -> result { return results_of(futures); });
    return this->end_untold(has_value ? task_outcome::completed : task_outcome::failed);
  }
  follower* all_follow() noexcept override { return ended(); }

  /// Best of all one that nobody has begun.
  task_share predecessor() noexcept override {
    return this->leaders().look([this](Futures const& futures) {
      awaited_task* found = nullptr;
      for (std::size_t i = before_have_ended_; awaited_task* const leader = leader_at(futures, i); ++i) {
        if (leader->done.is_queued()) return share(*leader);
        if (!leader->done.has_ended()) {
          if (found == nullptr) found = leader;
        } else if (i == before_have_ended_) {
          ++before_have_ended_;
        }
      }
      return found != nullptr ? share(*found) : task_share{};
    });
  }

  std::atomic<std::size_t> left_;      // futures that have not ended, and the one who lets this follow them
  std::size_t before_have_ended_ = 0;  // the futures before this one have; used while one looks at the leaders
};

template <class T>
class any_of final : public gathering<std::vector<future<T>>, any_result<element_t<T>>> {
 public:
  using result = any_result<element_t<T>>;
  explicit any_of(scheduler* where) noexcept : gathering<std::vector<future<T>>, result>{where} {}

 private:
  follower* ended() noexcept override { return meet(one_ended); }
  follower* all_follow() noexcept override { return meet(followed); }

  /// Whoever brings the second of the two ends it.
  follower* meet(std::uint32_t what) noexcept {
    // acq_rel: the result of the one that ended; pairs with itself
    std::uint32_t const before = seen_.fetch_or(what, std::memory_order_acq_rel);
    if ((before & what) != 0 || (before | what) != (one_ended | followed)) return nullptr;
    std::vector<future<T>> futures = this->leaders().take();
    auto const first = std::find_if(futures.begin(), futures.end(), [](auto const& each) { return each.is_ready(); });
    auto& leader = future_access::state(*first);
    if (leader.has_failed()) return this->fail_like(leader, leader.take_error());
    bool const has_value = this->value.capture(
        [&] { return result{static_cast<std::size_t>(first - futures.begin()), take_element(*first)}; });
    return this->end_untold(has_value ? task_outcome::completed : task_outcome::failed);
  }

  static constexpr std::uint32_t one_ended = 1, followed = 2;
  std::atomic<std::uint32_t> seen_{0};
};

template <class State, class Futures>
future<typename State::result> gather(std::unique_ptr<State> state, Futures futures) noexcept {
  future<typename State::result> result{*state};
  state.release()->follow(std::move(futures));
  return result;
}

}  // namespace detail

/// The results of several futures, in their order: ready once all of them are, with the exception of the leftmost that
/// failed, if one did. A std::monostate stands for void, a std::reference_wrapper for a reference. What follows on it
/// runs in the pool of the first one. A stop that is requested of it is requested of all of them.
/// *Throws:* error{no_state} where one is empty; std::bad_alloc.
template <class First, class... Others>
[[nodiscard(
    "it is the only way to the results")]] future<std::tuple<detail::element_t<First>, detail::element_t<Others>...>>
when_all(future<First> first, future<Others>... others) {
  using futures = std::tuple<future<First>, future<Others>...>;
  detail::scheduler* const pool = detail::future_access::state(first).pool;
  (static_cast<void>(detail::future_access::state(others)), ...);
  return detail::gather(std::make_unique<detail::all_of<futures>>(pool, 1 + sizeof...(Others)),
                        futures{std::move(first), std::move(others)...});
}

/// The same for any number of one type; `future<void>` of those without a value. Of none it is ready at once, and has
/// no pool: continue it by `then(pool, f)`.
template <class T>
[[nodiscard("it is the only way to the results")]] auto when_all(std::vector<future<T>> futures) {
  using state = detail::all_of<std::vector<future<T>>>;
  for (auto const& each : futures) static_cast<void>(detail::future_access::state(each));
  detail::scheduler* const pool = futures.empty() ? nullptr : detail::future_access::state(futures.front()).pool;
  auto all = std::make_unique<state>(pool, futures.size());
  return detail::gather(std::move(all), std::move(futures));
}

/// The first of several futures that ends, by its index and its result, or with its exception. The others go on, and
/// what they return is dropped; futures of different types are brought to one by `then`. Who waits for it runs none of
/// them, as another may end before.
/// *Throws:* error{invalid_argument} where there is none; error{no_state} where one is empty; std::bad_alloc.
template <class T>
[[nodiscard("it is the only way to the result")]] future<any_result<detail::element_t<T>>> when_any(
    std::vector<future<T>> futures) {
  if (futures.empty())
    detail::throw_error(errc::invalid_argument, "when_any of no futures would never end: give it at least one");
  for (auto const& each : futures) static_cast<void>(detail::future_access::state(each));
  detail::scheduler* const pool = detail::future_access::state(futures.front()).pool;
  return detail::gather(std::make_unique<detail::any_of<T>>(pool), std::move(futures));
}

template <class T, std::same_as<future<T>>... Others>
[[nodiscard("it is the only way to the result")]] future<any_result<detail::element_t<T>>> when_any(future<T> first,
                                                                                                    Others... others) {
  std::vector<future<T>> futures;
  futures.reserve(1 + sizeof...(Others));
  futures.push_back(std::move(first));
  (futures.push_back(std::move(others)), ...);
  return when_any(std::move(futures));
}

}  // namespace beat::inline v0
