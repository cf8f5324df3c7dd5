#pragma once
// SPDX-License-Identifier: MIT
// parallel_for over two and three dimensions. The space is halved along its longest side as long as that is worth it,
// so that what runs on one thread is compact: a tile, which shares rows and columns with few others.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/loop.hpp>
#include <beat/algorithm/loop_cost.hpp>
#include <beat/runtime/crew.hpp>
#include <beat/task/join.hpp>
#include <beat/task/place.hpp>

namespace beat::inline v0 {

/// How many indexes there are in each of `N` dimensions. Neighbours in memory should be so in the last one.
template <std::size_t N>
class extents {
 public:
  /// Less than 0 counts as 0.
  template <std::integral... Size>
    requires(sizeof...(Size) == N)
  constexpr extents(Size... sizes) noexcept : sizes_{static_cast<std::size_t>(std::max(sizes, Size{0}))...} {}

  constexpr std::size_t operator[](std::size_t dimension) const noexcept { return sizes_[dimension]; }

 private:
  std::array<std::size_t, N> sizes_;
};
template <std::integral... Size>
extents(Size...) -> extents<sizeof...(Size)>;

namespace detail {

/// The indexes from `first` to before `last` in each dimension; none of them is empty.
template <std::size_t N>
struct tile {
  std::array<std::size_t, N> first, last;

  std::size_t side(std::size_t dimension) const noexcept { return last[dimension] - first[dimension]; }

  /// How many elements it has, or the greatest number where there are more.
  std::size_t size() const noexcept {
    std::size_t product = 1;
    for (std::size_t d = 0; d < N; ++d)
      product = product > std::numeric_limits<std::size_t>::max() / side(d) ? std::numeric_limits<std::size_t>::max()
                                                                            : product * side(d);
    return product;
  }

  /// Keeps the lower half and returns the upper one.
  tile halve() noexcept {
    std::size_t longest = 0;
    for (std::size_t d = 1; d < N; ++d)
      if (side(d) > side(longest)) longest = d;
    tile upper = *this;
    upper.first[longest] = last[longest] = first[longest] + (side(longest) + 1) / 2;
    return upper;
  }

  /// Calls `f(i...)` for its elements until one call returns false, the last index being the one that changes fastest.
  template <class F, class... Outer>
  BEAT_FORCE_INLINE bool each(F&& f, Outer... outer) const {
    constexpr std::size_t d = sizeof...(Outer);
    for (std::size_t i = first[d]; i != last[d]; ++i) {
      if constexpr (d + 1 == N) {
        if (!f(outer..., i)) return false;
      } else {
        if (!each(f, outer..., i)) return false;
      }
    }
    return true;
  }
};

/// Calls `f(i...)` for each element of a tile.
template <std::size_t N, class F>
class tiled_loop {
 public:
  tiled_loop(lane& l, F& f, loop_control& control) noexcept
      : f_{f}, control_{control}, one_by_one_{l.loop == &cost()} {}

  /// The whole is always divided, as elements may take longer than they did.
  void run(context where, tile<N> all) {
    std::size_t const grain = cost().grain();
    divide(where, all, grain != 0 && all.size() / grain >= 2);
  }

 private:
  static loop_cost& cost() noexcept { return loop_cost_of<tiled_loop>; }

  /// So many elements are not worth a fork.
  std::size_t few() const noexcept { return one_by_one_ ? 1 : std::max<std::size_t>(cost().grain(), 1); }

  void go(context where, tile<N> t) {
    if (control_.gives_up()) return;
    std::size_t const size = t.size();
    if (size > few()) return divide(where, t, false);
    loop_nesting const inside{where.lane(), &cost()};
    std::int64_t const start = one_by_one_ ? 0 : now();
    try {
      each(t);
    } catch (...) {
      control_.abandon();
      throw;
    }
    if (!one_by_one_) cost().record(size, std::max(now() - start, least));
  }

  void divide(context where, tile<N> t, bool is_offered) {
    if (t.size() == 1) return go(where, t);
    tile<N> const upper = t.halve();
    auto const lower_half = [&, this](context there) {
      if (is_offered) there.lane().offer();
      go(there, t);
    };
    join(where, lower_half, [&, this](context there) { go(there, upper); });
  }

  void each(tile<N> const& t) {
    if (control_.stoppable())
      t.each([this](auto... i) { return !control_.gives_up() && (f_(i...), true); });
    else
      t.each([this](auto... i) { return f_(i...), true; });
  }

  static constexpr std::int64_t least = 50;  // nanoseconds: about what the clock itself takes

  F& f_;
  loop_control& control_;
  bool const one_by_one_;
};

template <execution_place Place, std::size_t N, class F>
void for_each_in(Place&& place, extents<N> const& space, F& f, loop_options const& options) {
  tile<N> all{};
  for (std::size_t d = 0; d < N; ++d) {
    if (space[d] == 0) return;
    all.last[d] = space[d];
  }
  if (!options.are_plain()) {
    auto const at = [&](std::size_t i) {
      std::array<std::size_t, N> index;
      for (std::size_t d = N; d-- != 0; i /= space[d]) index[d] = i % space[d];
      std::apply(f, index);
    };
    return for_each_index(place, all.size(), at, options);
  }
  loop_control control{options.stop};
  run_at(place, [&](context where) { tiled_loop<N, F>{where.lane(), f, control}.run(where, all); });
  control.check();
}

}  // namespace detail

/// Calls `f(row, column)` for each row and column below those of `space`, in parallel and in no order that could be
/// relied on: `parallel_for(pool, {rows, columns}, f)`. Where options have policies, it is one loop over the rows one
/// after the other, and not over tiles.
/// *Throws:* as parallel_for in one dimension; the index of an error is `row * columns + column`.
/// *Complexity:* rows * columns calls.
template <execution_place Place, std::invocable<std::size_t, std::size_t> F>
void parallel_for(Place&& place, extents<2> space, F f, loop_options const& options = {}) {
  detail::for_each_in(place, space, f, options);
}

/// The same in three dimensions: `parallel_for(pool, {x, y, z}, f)` calls `f(i, j, k)`.
template <execution_place Place, std::invocable<std::size_t, std::size_t, std::size_t> F>
void parallel_for(Place&& place, extents<3> space, F f, loop_options const& options = {}) {
  detail::for_each_in(place, space, f, options);
}

}  // namespace beat::inline v0
