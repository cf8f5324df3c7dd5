#pragma once
// SPDX-License-Identifier: MIT
// As much of std::execution as a scheduler meets: its concepts and customisation points in the terms of P2300R10, where
// they call members. What is about awaitables, domains and algorithms is not there.

#include <concepts>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace p2300 {

template <class T>
concept queryable = std::destructible<T>;

struct empty_env {};

// Asks an environment by its member `query`.
template <class Query>
struct asks {
  template <class Env>
    requires requires(Env const& env, Query query) { env.query(query); }
  constexpr auto operator()(Env const& env) const noexcept {
    static_assert(noexcept(env.query(Query{})));
    return env.query(Query{});
  }
};

struct never_stop_token {
  static constexpr bool stop_requested() noexcept { return false; }
  static constexpr bool stop_possible() noexcept { return false; }
  friend bool operator==(never_stop_token, never_stop_token) = default;
};
struct get_stop_token_t : asks<get_stop_token_t> {
  using asks::operator();
  template <class Env>
    requires(!requires(Env const& env, get_stop_token_t query) { env.query(query); })
  constexpr never_stop_token operator()(Env const&) const noexcept {
    return {};
  }
};

enum class forward_progress_guarantee { concurrent, parallel, weakly_parallel };
struct get_forward_progress_guarantee_t : asks<get_forward_progress_guarantee_t> {
  using asks::operator();
  template <class Scheduler>
    requires(!requires(Scheduler const& s, get_forward_progress_guarantee_t query) { s.query(query); })
  constexpr forward_progress_guarantee operator()(Scheduler const&) const noexcept {
    return forward_progress_guarantee::weakly_parallel;
  }
};
template <class Tag>
struct get_completion_scheduler_t : asks<get_completion_scheduler_t<Tag>> {};

struct get_env_t {
  template <class T>
  constexpr auto operator()(T const& object) const noexcept {
    if constexpr (requires { object.get_env(); }) {
      static_assert(queryable<decltype(object.get_env())> && noexcept(object.get_env()));
      return object.get_env();
    } else {
      return empty_env{};
    }
  }
};
inline constexpr get_env_t get_env{};
template <class T>
using env_of_t = decltype(get_env(std::declval<T>()));

struct set_value_t {
  template <class Receiver, class... Values>
    requires(!std::is_lvalue_reference_v<Receiver> && !std::is_const_v<Receiver>) &&
            requires(Receiver&& r, Values&&... v) { std::move(r).set_value(std::forward<Values>(v)...); }
  void operator()(Receiver&& r, Values&&... v) const noexcept {
    static_assert(noexcept(std::move(r).set_value(std::forward<Values>(v)...)));
    std::move(r).set_value(std::forward<Values>(v)...);
  }
};
struct set_error_t {
  template <class Receiver, class Error>
    requires(!std::is_lvalue_reference_v<Receiver> && !std::is_const_v<Receiver>) &&
            requires(Receiver&& r, Error&& e) { std::move(r).set_error(std::forward<Error>(e)); }
  void operator()(Receiver&& r, Error&& e) const noexcept {
    static_assert(noexcept(std::move(r).set_error(std::forward<Error>(e))));
    std::move(r).set_error(std::forward<Error>(e));
  }
};
struct set_stopped_t {
  template <class Receiver>
    requires(!std::is_lvalue_reference_v<Receiver> && !std::is_const_v<Receiver>) &&
            requires(Receiver&& r) { std::move(r).set_stopped(); }
  void operator()(Receiver&& r) const noexcept {
    static_assert(noexcept(std::move(r).set_stopped()));
    std::move(r).set_stopped();
  }
};

template <class... Signatures>
struct completion_signatures {};
template <class>
inline constexpr bool is_completion_signatures = false;
template <class... Signatures>
inline constexpr bool is_completion_signatures<completion_signatures<Signatures...>> = true;

// [exec.recv.concepts]
struct receiver_t {};
template <class R>
concept receiver =
    std::derived_from<typename std::remove_cvref_t<R>::receiver_concept, receiver_t> &&
    requires(std::remove_cvref_t<R> const& r) {
      { get_env(r) } -> queryable;
    } && std::move_constructible<std::remove_cvref_t<R>> && std::constructible_from<std::remove_cvref_t<R>, R>;

template <class Signature, class R>
concept valid_completion_for = requires(Signature* signature) {
  []<class Tag, class... A>(Tag (*)(A...))
    requires std::invocable<Tag, std::remove_cvref_t<R>, A...>
  {}(signature);
};
template <class R, class Completions>
concept has_completions = requires(Completions* completions) {
  []<valid_completion_for<R>... S>(completion_signatures<S...>*) {}(completions);
};
template <class R, class Completions>
concept receiver_of = receiver<R> && has_completions<R, Completions>;

// [exec.opstate]
struct start_t {
  template <class O>
    requires requires(O& o) { o.start(); }
  void operator()(O& o) const noexcept {
    static_assert(noexcept(o.start()));
    o.start();
  }
};
inline constexpr start_t start{};
struct operation_state_t {};
template <class O>
concept operation_state = std::derived_from<typename O::operation_state_concept, operation_state_t> &&
                          std::is_object_v<O> && requires(O& o) { start(o); };

// [exec.snd]
struct sender_t {};
template <class S>
concept sender =
    std::derived_from<typename std::remove_cvref_t<S>::sender_concept, sender_t> &&
    requires(std::remove_cvref_t<S> const& s) {
      { get_env(s) } -> queryable;
    } && std::move_constructible<std::remove_cvref_t<S>> && std::constructible_from<std::remove_cvref_t<S>, S>;

template <class S, class Env>
struct signatures_of;
template <class S, class Env>
  requires requires { typename std::remove_cvref_t<S>::completion_signatures; }
struct signatures_of<S, Env> {
  using type = typename std::remove_cvref_t<S>::completion_signatures;
};
template <class S, class Env = empty_env>
using completion_signatures_of_t = typename signatures_of<S, Env>::type;
template <class S, class Env = empty_env>
concept sender_in = sender<S> && queryable<Env> && is_completion_signatures<completion_signatures_of_t<S, Env>>;

struct connect_t {
  template <class S, class R>
    requires requires(S&& s, R&& r) { std::forward<S>(s).connect(std::forward<R>(r)); }
  auto operator()(S&& s, R&& r) const noexcept(noexcept(std::forward<S>(s).connect(std::forward<R>(r)))) {
    static_assert(operation_state<decltype(std::forward<S>(s).connect(std::forward<R>(r)))>);
    return std::forward<S>(s).connect(std::forward<R>(r));
  }
};
inline constexpr connect_t connect{};
template <class S, class R>
concept sender_to = sender_in<S, env_of_t<R>> && receiver_of<R, completion_signatures_of_t<S, env_of_t<R>>> &&
                    requires(S&& s, R&& r) { connect(std::forward<S>(s), std::forward<R>(r)); };

// [exec.sched]
struct schedule_t {
  template <class S>
    requires requires(S&& s) { std::forward<S>(s).schedule(); }
  auto operator()(S&& s) const noexcept(noexcept(std::forward<S>(s).schedule())) {
    static_assert(sender<decltype(std::forward<S>(s).schedule())>);
    return std::forward<S>(s).schedule();
  }
};
inline constexpr schedule_t schedule{};
struct scheduler_t {};
template <class S>
concept scheduler = std::derived_from<typename std::remove_cvref_t<S>::scheduler_concept, scheduler_t> &&
                    queryable<S> && requires(S&& s) {
                      { schedule(std::forward<S>(s)) } -> sender;
                      {
                        get_completion_scheduler_t<set_value_t>{}(get_env(schedule(std::forward<S>(s))))
                      } -> std::same_as<std::remove_cvref_t<S>>;
                    } && std::equality_comparable<std::remove_cvref_t<S>> && std::copyable<std::remove_cvref_t<S>>;

/// What beat is told of this.
struct names {
  using scheduler_t = p2300::scheduler_t;
  using sender_t = p2300::sender_t;
  using operation_state_t = p2300::operation_state_t;
  using set_value_t = p2300::set_value_t;
  using set_error_t = p2300::set_error_t;
  using set_stopped_t = p2300::set_stopped_t;
  using get_env_t = p2300::get_env_t;
  using get_stop_token_t = p2300::get_stop_token_t;
  using get_forward_progress_guarantee_t = p2300::get_forward_progress_guarantee_t;
  using forward_progress_guarantee = p2300::forward_progress_guarantee;
  template <class Tag>
  using get_completion_scheduler_t = p2300::get_completion_scheduler_t<Tag>;
  template <class... Signatures>
  using completion_signatures = p2300::completion_signatures<Signatures...>;
};

}  // namespace p2300
