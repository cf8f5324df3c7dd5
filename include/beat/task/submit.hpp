#pragma once
// SPDX-License-Identifier: MIT
// submit and post: independent tasks, with a future or without. Defines those members of basic_thread_pool.

#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/attributes.hpp>
#include <beat/task/entry.hpp>
#include <beat/task/future.hpp>

namespace beat::inline v0 {

namespace detail {

/// A task that nobody waits for.
template <class F>
class posted final : public task {
 public:
  template <class G>
  posted(G&& f, std::stop_token stop) : task{&settle_posted}, callable_(std::forward<G>(f)), stop_{std::move(stop)} {}

 private:
  static task_effect settle_posted(task* self, task_action action, worker& me) noexcept {
    std::unique_ptr<posted> const t{static_cast<posted*>(self)};
    if (action == task_action::cancel || t->stop_.stop_requested() || t->is_late()) return task_effect::cancelled;
    try {
      running_scope const there{*t, me};
      call(t->callable_, me);
      return task_effect::completed;
    } catch (...) {
      auto& handler = me.shared().on_exception;
      if (!handler) std::terminate();  // nobody else could learn of the exception: see pool_options::on_exception
      handler(std::current_exception());
      return task_effect::failed;
    }
  }

  F callable_;
  std::stop_token stop_;
};

template <class F>
[[nodiscard]] bool post_to(entry& way, F&& f, task_options const& options) {
  auto t = std::make_unique<posted<std::decay_t<F>>>(std::forward<F>(f), options.stop);
  if (!way.accept(t.get(), equip(way.pool(), *t, options), options.priority)) return false;
  static_cast<void>(t.release());
  return true;
}

template <class F>
auto submit_to(entry& way, F&& f, task_options const& options, std::stop_source own_stop) {
  using state = submitted<std::decay_t<F>>;
  auto t = std::make_unique<state>(way.pool(), std::forward<F>(f), options.stop, std::move(own_stop));
  if (!way.accept(t.get(), equip(way.pool(), *t, options), options.priority)) refuse();
  return future<typename state::result>{*t.release()};
}

/// Calls a callable that takes a stop token, with one that tells of a stop of the task itself, of its options,
/// or of its pool.
template <class F>
class stoppable {
 public:
  template <class G>
  stoppable(crew const& pool, G&& f, std::stop_source own, std::stop_token given)
      : pool_{&pool}, callable_(std::forward<G>(f)), own_{std::move(own)}, given_{std::move(given)} {}

  std::invoke_result_t<F&, std::stop_token> operator()() {
    auto const pass_on = [this] { own_.request_stop(); };
    std::stop_callback const given{given_, pass_on};
    std::stop_callback const end_of_pool{pool_->stopping.get_token(), pass_on};
    return std::invoke(callable_, own_.get_token());
  }

 private:
  crew const* pool_;
  F callable_;
  std::stop_source own_;
  std::stop_token given_;
};

/// Out of line, as g++ 12 takes what a std::stop_source is made of for uninitialised where it sees both.
struct new_stop_source : std::stop_source {
  BEAT_NO_INLINE new_stop_source() {}
};

template <class F>
auto submit_to(entry& way, F&& f, task_options const& options) {
  if constexpr (wants_stop_token<std::decay_t<F>>) {
    new_stop_source const own_stop;
    return submit_to(way, stoppable<std::decay_t<F>>{way.pool(), std::forward<F>(f), own_stop, options.stop}, options,
                     own_stop);
  } else {
    return submit_to(way, std::forward<F>(f), options, std::stop_source{std::nostopstate});
  }
}

}  // namespace detail

template <scheduler_policy Policy>
template <class F>
  requires task_body<std::decay_t<F>>
void basic_thread_pool<Policy>::post(F&& f, task_options const& options) {
  detail::entry way{scheduler_};
  way.require();
  if (!detail::post_to(way, std::forward<F>(f), options)) detail::refuse();
}

template <scheduler_policy Policy>
template <class F>
  requires task_body<std::decay_t<F>>
expected<void> basic_thread_pool<Policy>::try_post(F&& f, task_options const& options) {
  detail::entry way{scheduler_};
  if (errc const refusal = way.ask(false); refusal != errc{}) return unexpected{refusal};
  if (!detail::post_to(way, std::forward<F>(f), options)) return unexpected{errc::pool_shutdown};
  return {};
}

template <scheduler_policy Policy>
template <class F>
  requires stoppable_task_body<std::decay_t<F>>
auto basic_thread_pool<Policy>::submit(F&& f, task_options const& options)
    -> future<detail::submit_result_t<std::decay_t<F>>> {
  detail::entry way{scheduler_};
  way.require();
  return detail::submit_to(way, std::forward<F>(f), options);
}

}  // namespace beat::inline v0
