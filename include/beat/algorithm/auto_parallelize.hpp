#pragma once
// SPDX-License-Identifier: MIT
// auto_parallelize: a function that can be called with ranges of its arguments, too. Then it is a parallel_map, or a
// plain loop where all calls together are too short to share, by what was declared of a call or what calls have taken.

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/loop_cost.hpp>
#include <beat/algorithm/map.hpp>
#include <beat/base/error.hpp>
#include <beat/runtime/crew.hpp>
#include <beat/task/place.hpp>

namespace beat::inline v0 {

/// About how long one call takes.
class cost_hint {
 public:
  constexpr explicit cost_hint(std::chrono::nanoseconds of_a_call) noexcept : nanoseconds_{of_a_call.count()} {}

  static cost_hint const cheap;      ///< 10 ns: some arithmetic; a range is shared from 400 elements on
  static cost_hint const moderate;   ///< 500 ns: a look into a table, a short string; from 8 elements on
  static cost_hint const expensive;  ///< 10 µs or more: a file, a solver; always

  /// Whether so many calls take 4 µs, from which on it pays to share them.
  constexpr bool is_worth_sharing(std::size_t calls) const noexcept {
    return calls > 1 && static_cast<double>(calls) * static_cast<double>(nanoseconds_) >= 4'000;
  }

 private:
  std::int64_t nanoseconds_;
};

inline constexpr cost_hint cost_hint::cheap{std::chrono::nanoseconds{10}};
inline constexpr cost_hint cost_hint::moderate{std::chrono::nanoseconds{500}};
inline constexpr cost_hint cost_hint::expensive{std::chrono::microseconds{10}};

/// What `F` is called with itself. It is asked as a const object, since several threads call it at once.
template <class F, class... Arguments>
concept its_arguments = std::invocable<F const&, Arguments...>;

/// Ranges, one for each of F's arguments, of what `F` can be called with.
template <class F, class... Ranges>
concept ranges_of_its_arguments = sizeof...(Ranges) > 0 && (splittable_range<Ranges> && ...) &&
                                  its_arguments<F, std::ranges::range_reference_t<Ranges>...>;

namespace detail {

struct declared_cost {
  cost_hint of_a_call;

  /// Makes those of `size` calls that are to be made on this thread, and returns how many.
  template <class Call>
  std::size_t begin(std::size_t size, Call call) const {
    if (of_a_call.is_worth_sharing(size)) return 0;
    for (std::size_t i = 0; i < size; ++i) call(i);
    return size;
  }

  /// Runs what makes so many calls on so many threads.
  template <class Run>
  void share(std::size_t, std::size_t, Run run) const {
    run();
  }
};

struct loop_clock {
  static std::int64_t now() noexcept { return detail::now(); }
};

/// Of the calls of one type of function.
template <class F, class Clock>
inline constinit loop_cost call_cost_of{};

/// The same by what calls have taken so far. Where nobody knows yet, the first are made here, until 1 µs is over. What
/// is short by what is known is done here and timed, so that it is noticed once it no longer is.
template <class F, class Clock = loop_clock>
struct measured_cost {
  template <class Call>
  std::size_t begin(std::size_t size, Call call) const {
    loop_cost& cost = call_cost_of<F, Clock>;
    std::size_t made = 0;
    auto const timed = [&](std::size_t end, std::int64_t start) {
      for (; made < end; ++made) call(made);
      return Clock::now() - start;
    };
    if (cost.grain() == 0 && size != 0) {
      std::int64_t const start = Clock::now();
      std::int64_t taken = 0;
      while (made < size && taken < 1'000) taken = timed(std::min(size, 2 * made + 1), start);
      cost.record(made, taken);
    }
    std::size_t const left = size - made;
    if (left != 0 && left / cost.grain() < 2) cost.record(left, timed(size, Clock::now()));
    return made;
  }

  /// All calls together take no longer than all threads have: that corrects a cost which is too high, as it is where
  /// the first calls found nothing in the caches.
  template <class Run>
  void share(std::size_t calls, std::size_t threads, Run run) const {
    loop_cost& cost = call_cost_of<F, Clock>;
    std::int64_t const start = Clock::now();
    run();
    std::int64_t const longest = (Clock::now() - start) * static_cast<std::int64_t>(threads);
    loop_cost bound;
    bound.record(calls, longest);
    if (bound.grain() > cost.grain()) cost.record(calls, longest);
  }
};

/// What a vector can be filled with before it is known.
template <class T>
concept assignable_result = std::default_initializable<T> && std::is_move_assignable_v<T> && !std::same_as<T, bool>;

template <class First, class... Others>
std::size_t common_size(First& first, Others&... others) {
  auto const size = static_cast<std::size_t>(std::ranges::size(first));
  if (((static_cast<std::size_t>(std::ranges::size(others)) != size) || ...))
    throw_error(errc::size_mismatch, "a lifted function needs as many elements of each range as of the first");
  return size;
}

}  // namespace detail

/// What auto_parallelize returns.
template <class F, class Cost>
class lifted {
 public:
  template <class G>
  constexpr lifted(std::in_place_t, G&& f, Cost cost) : f_(std::forward<G>(f)), cost_{cost} {}

  /// F itself.
  template <class... Arguments>
    requires its_arguments<F, Arguments...>
  BEAT_FORCE_INLINE constexpr decltype(auto) operator()(Arguments&&... arguments) const
      noexcept(std::is_nothrow_invocable_v<F const&, Arguments...>) {
    return std::invoke(f_, std::forward<Arguments>(arguments)...);
  }

  /// F of the first elements of all ranges, of the second ones, and so on, at a place: as a vector, or nothing where
  /// `F` returns nothing. *Throws:* error{size_mismatch} where the ranges differ in size; otherwise as parallel_map.
  template <execution_place Place, class... Ranges>
    requires(!its_arguments<F, Place, Ranges...>) && ranges_of_its_arguments<F, Ranges...>
  auto operator()(Place&& place, Ranges&&... ranges) const {
    return map(place, detail::common_size(ranges...), std::ranges::begin(ranges)...);
  }

  /// The same where the calling thread is: in the pool whose task it runs, or in none.
  template <class... Ranges>
    requires(!its_arguments<F, Ranges...>) && ranges_of_its_arguments<F, Ranges...>
  auto operator()(Ranges&&... ranges) const {
    return (*this)(here(), std::forward<Ranges>(ranges)...);
  }

 private:
  template <class Place, class... Iterators>
  auto map(Place& place, std::size_t size, Iterators... from) const {
    using result = std::invoke_result_t<F const&, std::iter_reference_t<Iterators>...>;
    auto const call = [&](std::size_t i) -> result {
      return std::invoke(f_, from[static_cast<std::iter_difference_t<Iterators>>(i)]...);
    };
    std::size_t made = 0;
    auto const share = [&](auto run) {
      if (made != size) cost_.share(size - made, detail::workers_of(place), run);
    };
    if constexpr (std::is_void_v<result>) {
      made = cost_.begin(size, call);
      share([&] { parallel_for(place, made, size, call); });
    } else if constexpr (detail::assignable_result<std::remove_cvref_t<result>>) {
      std::vector<std::remove_cvref_t<result>> results(size);
      made = cost_.begin(size, [&](std::size_t i) { results[i] = call(i); });
      share([&] { parallel_for(place, made, size, [&](std::size_t i) { results[i] = call(i); }); });
      return results;
    } else {
      std::vector<std::remove_cvref_t<result>> results;
      results.reserve(size);
      made = cost_.begin(size, [&](std::size_t i) { results.push_back(call(i)); });
      share([&] {
        auto others = parallel_map(place, std::views::iota(made, size), call);
        if (made == 0) return results.swap(others);
        for (auto&& each : others) results.push_back(std::move(each));
      });
      return results;
    }
  }

  [[no_unique_address]] F f_;
  [[no_unique_address]] Cost cost_;
};

/// `f`, lifted: called with its own arguments it is `f`, and costs what that costs; called with ranges of them, and
/// with a pool or a context before them if that is not to be the current one, it yields what parallel_map yields. If it
/// could be both, as where `f` takes everything, it is `f`. Short ranges are done on the calling thread, which then
/// does not enter the pool: those whose calls take less than 4 µs together, by the hint.
template <class F>
[[nodiscard("the lifted function is the result")]] constexpr auto auto_parallelize(F&& f, cost_hint of_a_call) {
  return lifted<std::decay_t<F>, detail::declared_cost>{std::in_place, std::forward<F>(f), {of_a_call}};
}

/// Without a hint, by what the calls of this type of function have taken, which is the same for all functions that are
/// passed by pointers of one type. The first calls tell: they are made one by one on the calling thread, until 1 µs is
/// over. From then on calls that are made there count at once where they take longer, and by and by where they don't.
template <class F>
[[nodiscard("the lifted function is the result")]] constexpr auto auto_parallelize(F&& f) {
  using function = std::decay_t<F>;
  return lifted<function, detail::measured_cost<function>>{std::in_place, std::forward<F>(f), {}};
}

}  // namespace beat::inline v0
