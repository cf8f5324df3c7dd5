#pragma once
// SPDX-License-Identifier: MIT
// parallel_copy_if and parallel_filter: the elements that satisfy a predicate, in their order, into a range that is
// there or into a new vector.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <utility>
#include <vector>

#include <beat/algorithm/chain.hpp>
#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/order.hpp>
#include <beat/base/error.hpp>

namespace beat::inline v0 {

namespace detail {

template <class From, class To, class Predicate, class Projection>
struct filter_body {
  using state = std::size_t;  // how many are written

  /// Which elements of a stretch are wanted, counted from its first one.
  struct summary {
    std::unique_ptr<std::uint32_t[]> wanted;
    std::size_t count;
  };

  From from;
  To to;
  std::size_t room;
  Predicate predicate;
  Projection projection;
  loop_control& control;

  void advance(std::size_t& written, std::size_t first, std::size_t last) {
    if constexpr (cheaply_moved<From>) {  // without a branch for each
      std::array<std::uint32_t, 256> wanted;
      while (first < last && !control.gives_up()) {
        std::size_t const next = std::min(first + wanted.size(), last);
        std::size_t const count = find_wanted(first, next, wanted.data());
        write(written, count, first, wanted.data());
        written += count;
        first = next;
      }
    } else {
      std::uint32_t const itself = 0;
      each_of(first, last, control, [&](std::size_t i) {
        if (is_wanted(i)) write(written++, 1, i, &itself);
      });
    }
  }

  summary look(std::size_t first, std::size_t last) {
    summary seen{std::make_unique_for_overwrite<std::uint32_t[]>(last - first), 0};
    seen.count = find_wanted(first, last, seen.wanted.get());
    return seen;
  }

  std::size_t skip(std::size_t written, summary const& seen) { return written + seen.count; }

  void finish(std::size_t written, summary&& seen, std::size_t first, std::size_t) {
    write(written, seen.count, first, seen.wanted.get());
  }

 private:
  bool is_wanted(std::size_t i) {
    return std::invoke(predicate, std::invoke(projection, from[static_cast<std::iter_difference_t<From>>(i)]));
  }

  std::size_t find_wanted(std::size_t first, std::size_t last, std::uint32_t* wanted) {
    std::size_t count = 0;
    each_of(first, last, control, [&](std::size_t i) {
      wanted[count] = static_cast<std::uint32_t>(i - first);
      count += is_wanted(i) ? 1U : 0U;
    });
    return count;
  }

  void write(std::size_t written, std::size_t count, std::size_t first, std::uint32_t const* wanted) {
    if (written + count > room)  // others may have gone past it already
      throw_error(errc::size_mismatch, "parallel_copy_if found more elements than its output has room for");
    for (std::size_t n = 0; n < count; ++n)
      to[static_cast<std::iter_difference_t<To>>(written + n)] =
          from[static_cast<std::iter_difference_t<From>>(first + wanted[n])];
  }
};

/// Collects what is wanted in vectors, one for each part of the loop.
template <class T, class From, class Predicate, class Projection>
struct collect_body {
  using part = std::vector<std::vector<T>>;
  static constexpr bool is_independent = true;

  From from;
  Predicate predicate;
  Projection projection;

  void step(part& done, std::size_t i) { fold(done, i, i + 1); }

  void fold(part& done, std::size_t first, std::size_t last) {
    if (done.empty()) done.emplace_back();
    std::vector<T>& found = done.back();
    for (; first != last; ++first) {
      auto&& element = from[static_cast<std::iter_difference_t<From>>(first)];
      if (std::invoke(predicate, std::invoke(projection, element)))
        found.push_back(std::forward<decltype(element)>(element));
    }
  }

  void merge(part& done, part&& next) {
    if (done.empty())
      done = std::move(next);
    else
      done.insert(done.end(), std::move_iterator{next.begin()}, std::move_iterator{next.end()});
  }
};

}  // namespace detail

/// Copies the elements for which `predicate(proj(element))` holds to the front of `output`, in their order, in
/// parallel, and returns how many. `output` is another range; it need not have room for more than are found. *Throws:*
/// error{size_mismatch} where it has less; one of the exceptions of `predicate`, `projection` and assignment,
/// error{cancelled} on a stop request, std::bad_alloc: then some elements of `output` are written, with what belongs
/// there. *Complexity:* one call per element.
template <execution_place Place, splittable_range Input, splittable_range Output, class Predicate,
          class Projection = std::identity>
  requires element_predicate<Predicate, Input, Projection> &&
           std::indirectly_copyable<std::ranges::iterator_t<Input>, std::ranges::iterator_t<Output>>
std::size_t parallel_copy_if(Place&& place, Input&& input, Output&& output, Predicate predicate,
                             Projection projection = {}, loop_options const& options = {}) {
  using body =
      detail::filter_body<std::ranges::iterator_t<Input>, std::ranges::iterator_t<Output>, Predicate, Projection>;
  detail::loop_control control{options.stop};
  body all{std::ranges::begin(input), std::ranges::begin(output), static_cast<std::size_t>(std::ranges::size(output)),
           std::move(predicate),      std::move(projection),      control};
  auto const size = static_cast<std::size_t>(std::ranges::size(input));
  return detail::run_at(place, [&](context where) { return detail::chain{all, control, size, 0UL}.run(where); });
}

/// The same into a new vector.
/// *Throws:* std::bad_alloc; otherwise as parallel_for. *Complexity:* one call per element.
template <execution_place Place, splittable_range Input, class Predicate, class Projection = std::identity>
  requires element_predicate<Predicate, Input, Projection> &&
           std::constructible_from<std::ranges::range_value_t<Input>, std::ranges::range_reference_t<Input>> &&
           std::move_constructible<std::ranges::range_value_t<Input>>
[[nodiscard("the vector is the result")]] auto parallel_filter(Place&& place, Input&& input, Predicate predicate,
                                                               Projection projection = {},
                                                               loop_options const& options = {})
    -> std::vector<std::ranges::range_value_t<Input>> {
  using value = std::ranges::range_value_t<Input>;
  using body = detail::collect_body<value, std::ranges::iterator_t<Input>, Predicate, Projection>;
  typename body::part found;
  detail::run_at(place, [&](context where) {
    detail::run_loop_by(where.lane(), static_cast<std::size_t>(std::ranges::size(input)),
                        body{std::ranges::begin(input), std::move(predicate), std::move(projection)}, found, options);
  });
  if (found.empty()) return {};
  std::size_t size = 0;
  for (std::vector<value> const& part : found) size += part.size();
  std::vector<value> all = std::move(found.front());
  all.reserve(size);
  for (std::size_t i = 1; i < found.size(); ++i)
    all.insert(all.end(), std::move_iterator{found[i].begin()}, std::move_iterator{found[i].end()});
  return all;
}

}  // namespace beat::inline v0
