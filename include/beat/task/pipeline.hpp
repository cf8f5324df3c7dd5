#pragma once
// SPDX-License-Identifier: MIT
// The pipeline: values from a source go through stages, several on the way at once, and no more than there are tokens.
// No thread waits for a stage.
//
// A token carries one value at a time round and round: to the source, through all stages, and back. It is a task where
// it does not run. The source and each serial stage have a turnstile (runtime/README.md, "Turnstile"): a token that
// comes early stays there, and whoever leaves the stage queues the token whose turn it is. (1) Whoever enters at the
// source asks for a value; its ticket there is the number of the value. (2) Having left, it goes on to the next stage
// on the same thread. (3) Where there are no more values, tokens that come to the source end, one after the other; the
// last one ends the run. After a failure tokens go on without their values, so that every turn comes.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <beat/base/cache_line.hpp>
#include <beat/base/error.hpp>
#include <beat/runtime/turnstile.hpp>
#include <beat/task/pipeline_stage.hpp>
#include <beat/task/place.hpp>
#include <beat/task/task_run.hpp>

namespace beat::inline v0 {

/// How a pipeline runs.
struct pipeline_options {
  std::size_t tokens = 0;     ///< how many values are on the way at most; 0: four for each worker
  std::stop_token stop = {};  ///< once stop is requested, nothing more is begun and values on the way are dropped
};

/// Values from a source through stages: `pipeline{source, serial_in_order(f), parallel(g)}`.
/// *Thread safety:* one run at a time.
template <class Source, class... Stages>
class pipeline {
  static_assert(pipeline_source<Source>,
                "a pipeline begins with a source: callable without an argument, returning std::optional");
  static_assert((detail::is_stage<Stages> && ...),
                "after its source a pipeline has stages: serial_in_order(f), serial_out_of_order(f) or parallel(f)");

  using first = typename std::remove_cvref_t<std::invoke_result_t<Source&>>::value_type;
  using values = typename detail::flow<std::variant<std::monostate, first>, Stages...>::type;

 public:
  explicit pipeline(Source source, Stages... stages) : source_{std::move(source)}, stages_{std::move(stages)...} {}

  /// Calls the source until it gives no more, and every stage with each of its values; in a pool, or in the context of
  /// a task. Outside of pools everything runs inline. What the last stage returns is dropped.
  /// Returns how many values went through all stages.
  /// *Throws:* the first exception of the source or a stage, once all that was begun has ended; error{cancelled} where
  /// `options.stop` was requested before the end; error{pool_shutdown}; std::bad_alloc.
  /// *Complexity:* nothing is allocated for a value; tokens are allocated once a run.
  template <execution_place Place>
  std::uint64_t run(Place&& where, pipeline_options const& options = {}) {
    return detail::run_at(where, [&](context here) {
      std::size_t const automatic = 4 * std::size_t{here.lane().concurrency()};
      return running{*this, here.lane(), options.tokens != 0 ? options.tokens : automatic, options.stop}(here.lane());
    });
  }

 private:
  class running;

  static constexpr std::size_t places = sizeof...(Stages) + 1;  // the source is place 0

  template <std::size_t Place>
  static constexpr stage_mode mode_of() {
    if constexpr (Place == 0)
      return stage_mode::serial_out_of_order;  // tokens get their values in the order in which they come
    else
      return std::tuple_element_t<Place - 1, std::tuple<Stages...>>::mode;
  }

  Source source_;
  std::tuple<Stages...> stages_;
};

template <class Source, class... Stages>
pipeline(Source, Stages...) -> pipeline<Source, Stages...>;

/// One run.
template <class Source, class... Stages>
class pipeline<Source, Stages...>::running : detail::task_run {
  struct alignas(cache_line) token : detail::task {
    explicit token(running& r) noexcept : task{&settle_token, &r}, owner{r} {}

    running& owner;
    values value;              // the alternative of a place's number is its argument, for places after the source
    std::size_t place = 0;     // where it is, and has entered
    std::uint64_t number = 0;  // of its value
    std::uint64_t ticket = 0;  // at its place
    std::uint64_t passed = 0;  // how many values it carried through all stages
  };

  using turnstile = v0::turnstile<token, std_atomics>;
  using all_places = std::make_index_sequence<places>;

 public:
  running(pipeline& p, detail::lane& here, std::size_t tokens, std::stop_token stop)
      : task_run{here, this, std::move(stop)},
        pipeline_{p},
        cells_{std::make_unique<typename turnstile::cell[]>(places * tokens)},
        turnstiles_{make_turnstiles(cells_.get(), tokens, all_places{})} {
    for (std::size_t i = 0; i < tokens; ++i) tokens_.emplace_back(*this);
  }

  std::uint64_t operator()(detail::lane& here) {
    for (token& t : tokens_)
      if (enter<0>(t)) queue(&t, here);
    await_end([&](detail::task* t) { go_on(static_cast<token&>(*t), here, 0); });
    throw_if_cut("the pipeline was stopped before its source had no more values");
    std::uint64_t sum = 0;
    for (token const& t : tokens_) sum += t.passed;
    return sum;
  }

 private:
  template <std::size_t... Place>
  static std::array<turnstile, places> make_turnstiles(typename turnstile::cell* cells, std::size_t tokens,
                                                       std::index_sequence<Place...>) {
    return {turnstile{cells + Place * tokens, tokens}...};
  }

  static detail::task_effect settle_token(detail::task* self, detail::task_action, detail::worker& me) noexcept {
    auto& t = static_cast<token&>(*self);
    t.owner.go_on(t, me, me.shared().tuning.inbox_interval);
    return detail::task_effect::none;  // it belongs to the task, or the root, which the run is in
  }

  /// Goes on with a token that has entered its place, for `rounds` at most; 0 means any number. This may be gone
  /// afterwards.
  void go_on(token& t, detail::lane& here, std::uint32_t rounds) noexcept {
    while (go_round(t, here, all_places{}))
      if (--rounds == 0) return queue(&t, here);  // the worker looks elsewhere first
  }

  template <std::size_t... Place>
  bool go_round(token& t, detail::lane& here, std::index_sequence<Place...>) noexcept {
    return ((t.place != Place || be_at<Place>(t, here)) && ...);
  }

  /// Does what is to be done at a place, and enters the next one. False where the token stayed there, or ended.
  template <std::size_t Place>
  bool be_at(token& t, detail::lane& here) noexcept {
    if constexpr (Place == 0) {
      if (!take_value(t) && ++ended_ == tokens_.size()) return end(), false;
    } else {
      work<Place>(t);
    }
    bool const is_ended = Place == 0 && is_over_;
    if constexpr (mode_of<Place>() != stage_mode::parallel)
      if (token* const next = turnstiles_[Place].leave(t.ticket)) queue(next, here);
    if (is_ended) return false;
    constexpr std::size_t next_place = (Place + 1) % places;
    t.place = next_place;
    return enter<next_place>(t);
  }

  template <std::size_t Place>
  bool enter(token& t) noexcept {
    constexpr stage_mode mode = mode_of<Place>();
    if constexpr (mode == stage_mode::parallel) return true;
    t.ticket = mode == stage_mode::serial_in_order ? t.number : turnstiles_[Place].take_ticket();
    if constexpr (Place == 0) t.number = t.ticket;
    return turnstiles_[Place].enter(t.ticket, &t);
  }

  /// Asks the source. False where there are no more values.
  bool take_value(token& t) noexcept {
    if (!is_over_ && !is_stopped()) {
      try {
        if (auto value = pipeline_.source_()) {
          t.value.template emplace<1>(*std::move(value));
          return true;
        }
      } catch (...) {
        fail(std::current_exception());
      }
    }
    is_over_ = true;
    return false;
  }

  template <std::size_t Place>
  void work(token& t) noexcept {
    if (t.value.index() != Place) return;  // dropped
    if (!is_stopped()) {
      try {
        auto& f = std::get<Place - 1>(pipeline_.stages_).callable;
        auto& value = std::get<Place>(t.value);
        if constexpr (Place + 1 == places) {
          static_cast<void>(detail::call_stage(f, std::move(value)));
          ++t.passed;
        } else {
          auto next = detail::call_stage(f, std::move(value));  // a value, where it refers to what is replaced
          t.value.template emplace<Place + 1>(std::move(next));
          return;
        }
      } catch (...) {
        fail(std::current_exception());
      }
    }
    t.value.template emplace<0>();
  }

  pipeline& pipeline_;
  std::unique_ptr<typename turnstile::cell[]> const cells_;  // of all turnstiles
  std::array<turnstile, places> turnstiles_;                 // that of a parallel stage is not used
  std::deque<token> tokens_;
  bool is_over_ = false;   // there are no more values; like ended_ by whoever has the turn at the source
  std::size_t ended_ = 0;  // tokens
};

}  // namespace beat::inline v0
