// SPDX-License-Identifier: MIT
// The pool as a scheduler of std::execution: the concepts as the paper words them, and how an operation completes.

#include <atomic>
#include <beat.hpp>
#include <beat/task/pool_scheduler.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "task/p2300.hpp"
#include "task/support.hpp"

namespace {

using pool_scheduler = beat::pool_scheduler<p2300::names>;

/// What became of an operation.
struct scheduled_result {
  std::atomic<int> values{0}, stops{0}, errors{0};
  std::atomic<bool> has_ended{false};
  bool was_in_pool = false;
  std::exception_ptr error;
};

struct scheduled_env {
  std::stop_token token;
  std::stop_token query(p2300::get_stop_token_t) const noexcept { return token; }
};

/// Can only be moved, as receivers may.
class scheduled_receiver {
 public:
  using receiver_concept = p2300::receiver_t;

  explicit scheduled_receiver(scheduled_result& result, std::stop_token token = {}) noexcept
      : result_{&result}, token_{std::move(token)} {}
  scheduled_receiver(scheduled_receiver&&) = default;
  scheduled_receiver& operator=(scheduled_receiver&&) = delete;
  ~scheduled_receiver() = default;

  void set_value() && noexcept { end(result_->values); }
  void set_stopped() && noexcept { end(result_->stops); }
  void set_error(std::exception_ptr error) && noexcept {
    result_->error = std::move(error);
    end(result_->errors);
  }
  scheduled_env get_env() const noexcept { return {token_}; }

 private:
  void end(std::atomic<int>& how) noexcept {
    result_->was_in_pool = beat::here().lane().self != nullptr;
    ++how;
    result_->has_ended = true;
  }

  scheduled_result* result_;
  std::stop_token token_;
};

/// Has no environment at all.
struct scheduled_plainly {
  using receiver_concept = p2300::receiver_t;
  std::atomic<int>* values;
  void set_value() && noexcept { ++*values; }
  void set_stopped() && noexcept {}
  void set_error(std::exception_ptr) && noexcept {}
};

struct scheduled_alone;
/// Destroys its operation.
struct scheduled_destroyer {
  using receiver_concept = p2300::receiver_t;
  std::unique_ptr<scheduled_alone>* alone;
  std::atomic<bool>* has_ended;
  inline void set_value() && noexcept;
  void set_stopped() && noexcept {}
  void set_error(std::exception_ptr) && noexcept {}
};

using scheduled_sender = decltype(p2300::schedule(std::declval<pool_scheduler&>()));
using scheduled_operation =
    decltype(p2300::connect(std::declval<scheduled_sender>(), std::declval<scheduled_receiver>()));

struct scheduled_alone {
  decltype(p2300::connect(std::declval<scheduled_sender>(), std::declval<scheduled_destroyer>())) operation;
};
void scheduled_destroyer::set_value() && noexcept {
  std::atomic<bool>& ended = *has_ended;
  alone->reset();
  ended = true;
}

static_assert(beat::execution_names<p2300::names> && !beat::execution_names<int>);
static_assert(p2300::scheduler<pool_scheduler> && p2300::scheduler<pool_scheduler const&>);
static_assert(noexcept(p2300::schedule(std::declval<pool_scheduler&>())));
static_assert(p2300::sender<scheduled_sender> && p2300::sender_in<scheduled_sender, scheduled_env>);
static_assert(std::same_as<p2300::completion_signatures_of_t<scheduled_sender>,
                           p2300::completion_signatures<p2300::set_value_t(), p2300::set_error_t(std::exception_ptr),
                                                        p2300::set_stopped_t()>>);
static_assert(std::same_as<decltype(scheduled_sender::get_completion_signatures<scheduled_sender, scheduled_env>()),
                           p2300::completion_signatures_of_t<scheduled_sender>>);
static_assert(p2300::receiver<scheduled_receiver> && p2300::sender_to<scheduled_sender, scheduled_receiver> &&
              p2300::sender_to<scheduled_sender const&, scheduled_receiver>);
static_assert(noexcept(p2300::connect(std::declval<scheduled_sender>(), std::declval<scheduled_receiver>())));
static_assert(p2300::operation_state<scheduled_operation> && !std::move_constructible<scheduled_operation>);

// The concepts here refuse what they should.
struct not_a_scheduler {
  using scheduler_concept = p2300::scheduler_t;
  bool operator==(not_a_scheduler const&) const = default;
};
static_assert(!p2300::scheduler<not_a_scheduler> && !p2300::scheduler<int> && !p2300::sender<pool_scheduler>);
struct no_receiver_of_stops {
  using receiver_concept = p2300::receiver_t;
  void set_value() && noexcept {}
  void set_error(std::exception_ptr) && noexcept {}
};
static_assert(p2300::receiver<no_receiver_of_stops> && !p2300::sender_to<scheduled_sender, no_receiver_of_stops>);

/// Starts one and waits until it has completed.
void scheduled_once(beat::ThreadPool& pool, scheduled_result& result, std::stop_token token = {}) {
  auto operation = p2300::connect(pool_scheduler{pool}.schedule(), scheduled_receiver{result, std::move(token)});
  p2300::start(operation);
  CHECK(task_test::wait_for(result.has_ended));
}

}  // namespace

TEST_CASE("a scheduled operation completes on a thread of the pool", "[unit]") {
  beat::ThreadPool pool{2};
  scheduled_result result;
  scheduled_once(pool, result);
  CHECK(result.values == 1);
  CHECK(result.stops + result.errors == 0);
  CHECK(result.was_in_pool);
  CHECK(result.error == nullptr);
}

TEST_CASE("schedulers are equal where their pool is the same and senders know their scheduler", "[unit]") {
  beat::ThreadPool pool{1}, other{1};
  pool_scheduler const scheduler{pool};
  CHECK(scheduler == pool_scheduler{pool});
  CHECK(scheduler != pool_scheduler{other});
  auto const env = p2300::get_env(p2300::schedule(scheduler));
  CHECK(p2300::get_completion_scheduler_t<p2300::set_value_t>{}(env) == scheduler);
  CHECK(p2300::get_forward_progress_guarantee_t{}(scheduler) == p2300::forward_progress_guarantee::parallel);
}

TEST_CASE("a scheduled operation is stopped before it starts or at its turn", "[unit]") {
  beat::ThreadPool pool{2};
  std::stop_source stop;
  scheduled_result late, early;
  {
    task_test::occupation busy{pool};
    auto operation = p2300::connect(pool_scheduler{pool}.schedule(), scheduled_receiver{late, stop.get_token()});
    p2300::start(operation);
    stop.request_stop();
    CHECK_FALSE(late.has_ended);
    busy.open();
    CHECK(task_test::wait_for(late.has_ended));
  }
  CHECK(late.stops == 1);
  CHECK(late.values + late.errors == 0);

  scheduled_once(pool, early, stop.get_token());
  CHECK(early.stops == 1);
  CHECK_FALSE(early.was_in_pool);
}

TEST_CASE("a pool that cancels what is queued stops scheduled operations", "[unit]") {
  scheduled_result result;
  {
    beat::ThreadPool pool{2};
    task_test::occupation busy{pool};
    auto operation = p2300::connect(pool_scheduler{pool}.schedule(), scheduled_receiver{result});
    p2300::start(operation);
    std::jthread const opener{[&busy, &pool] {
      while (pool.try_post([] {})) std::this_thread::yield();  // until it is closed
      busy.open();
    }};
    pool.shutdown(beat::shutdown_mode::stop);
    CHECK(task_test::wait_for(result.has_ended));
  }
  CHECK(result.stops == 1);
  CHECK(result.values + result.errors == 0);
}

TEST_CASE("a closed pool is an error of a scheduled operation", "[unit]") {
  beat::ThreadPool pool{1};
  pool.shutdown(beat::shutdown_mode::drain);
  scheduled_result result;
  scheduled_once(pool, result);
  CHECK(result.errors == 1);
  CHECK(result.values + result.stops == 0);
  CHECK(task_test::error_of([&] { std::rethrow_exception(result.error); }) == beat::errc::pool_shutdown);
}

TEST_CASE("operations are scheduled from inside and outside and all run before the end of the pool", "[unit]") {
  std::atomic<int> values{0};
  auto const connected = [&values](beat::ThreadPool& pool) {
    return p2300::connect(pool_scheduler{pool}.schedule(), scheduled_plainly{&values});
  };
  struct operation {
    decltype(connected(std::declval<beat::ThreadPool&>())) state;
  };
  std::vector<std::unique_ptr<operation>> all;
  std::mutex adding;
  {
    beat::ThreadPool pool{4};
    auto const start_one = [&] {
      std::unique_ptr<operation> added{new operation{connected(pool)}};
      auto& state = added->state;
      {
        std::lock_guard const lock{adding};
        all.push_back(std::move(added));
      }
      p2300::start(state);
    };
    std::vector<std::jthread> outside;
    for (int i = 0; i < 2; ++i)
      outside.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) start_one();
      });
    for (int i = 0; i < 1000; ++i) pool.post(start_one);
    pool.wait();
  }
  CHECK(values == 3000);
}

TEST_CASE("an operation may be destroyed by its own completion", "[unit]") {
  beat::ThreadPool pool{2};
  for (int round = 0; round < 1000; ++round) {
    std::atomic<bool> has_ended{false};
    std::unique_ptr<scheduled_alone> alone;
    alone.reset(
        new scheduled_alone{p2300::connect(pool_scheduler{pool}.schedule(), scheduled_destroyer{&alone, &has_ended})});
    p2300::start(alone->operation);
    REQUIRE(task_test::wait_for(has_ended));
    REQUIRE(alone == nullptr);
  }
}
