#pragma once
// SPDX-License-Identifier: MIT
// The loop that goes by policies. It knows its body by a pointer only, so that there is but one such loop in a program,
// and loops without policies cost nothing but the question.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include <beat/algorithm/aggregate_error.hpp>
#include <beat/algorithm/loop.hpp>
#include <beat/algorithm/loop_options.hpp>

namespace beat::inline v0::detail {

/// Chunks of one length, or where it is 0 guided ones.
class planned_steps {
 public:
  planned_steps(std::size_t length, std::size_t workers, bool is_worth_sharing) noexcept
      : length_{length}, workers_{workers}, is_worth_sharing_{is_worth_sharing} {}

  std::size_t next(std::size_t left) const noexcept {
    return length_ != 0 ? std::min(length_, left) : std::max<std::size_t>(left / (2 * workers_), 1);
  }
  /// In halves of whole chunks.
  std::size_t middle(std::size_t, std::size_t next, std::size_t last) const noexcept {
    std::size_t const unit = std::max<std::size_t>(length_, 1);
    return next + (last - next) / unit / 2 * unit;
  }
  bool is_worth_sharing() const noexcept { return is_worth_sharing_; }
  static void count(std::size_t) noexcept {}

 private:
  std::size_t length_, workers_;
  bool is_worth_sharing_;
};

/// Calls a body for a stretch of the loop, and keeps what it throws where the policy says so.
struct planned_body {
  using part = std::vector<element_error<>>;

  void* f;
  void (*call)(void* f, std::size_t first, std::size_t last);
  error_policy errors;
  planned_steps how;
  std::atomic<std::size_t>& end;  // nothing is to be begun from there on: lowered by whoever fails, read by all

  planned_steps steps() const noexcept { return how; }

  void step(part& done, std::size_t i) { fold(done, i, i + 1); }
  void fold(part& done, std::size_t first, std::size_t last) {
    if (errors == error_policy::fail_fast) return call(f, first, last);
    for (; first != last && first < end.load(std::memory_order_relaxed); ++first) {
      try {
        call(f, first, first + 1);
      } catch (...) {
        done.push_back({first, std::current_exception()});
        if (errors == error_policy::first_by_index) lower_end(first);
      }
    }
  }
  void merge(part& done, part&& next) {
    done.insert(done.end(), std::make_move_iterator(next.begin()), std::make_move_iterator(next.end()));
  }

 private:
  void lower_end(std::size_t index) noexcept {
    std::size_t known = end.load(std::memory_order_relaxed);
    while (index < known && !end.compare_exchange_weak(known, index, std::memory_order_relaxed)) {
    }
  }
};

/// Calls `call(f, first, last)` for stretches of [0, size) as the options say. Returns what was collected.
BEAT_NO_INLINE inline planned_body::part run_planned(lane& l, std::size_t size, void* f,
                                                     void (*call)(void*, std::size_t, std::size_t),
                                                     loop_options const& options) {
  bool const is_cut = options.chunks != chunks::adaptive;
  std::size_t const workers = l.concurrency();
  planned_steps const how{is_cut ? options.chunks.length(size, workers) : 1, workers, is_cut};
  std::atomic<std::size_t> end{std::numeric_limits<std::size_t>::max()};
  planned_body::part errors;
  run_loop(l, size, planned_body{f, call, options.errors, how, end}, errors, options);
  return errors;
}

/// The same for a body of loop.hpp that has nothing to keep.
template <class Body>
planned_body::part run_planned(lane& l, std::size_t size, Body body, loop_options const& options) {
  auto const call = [](void* f, std::size_t first, std::size_t last) {
    typename Body::part nothing;
    static_cast<Body*>(f)->fold(nothing, first, last);
  };
  return run_planned(l, size, &body, call, options);
}

/// The same for a body of loop.hpp that has a part: each chunk yields one, and they are merged in their order. A body
/// whose elements have nothing to do with each other says `is_independent`; another one can't go on after a failure.
template <class Body>
BEAT_NO_INLINE void run_in_chunks(lane& l, std::size_t size, Body& body, typename Body::part& result,
                                  loop_options const& options) {
  struct chunk {
    typename Body::part done{};
    planned_body::part errors;
  };
  struct chunked {
    Body& body;
    loop_options const& options;
    std::size_t size, length;
    std::vector<chunk> chunks;

    void fold(std::size_t index) {
      std::size_t first = index * length;
      std::size_t const last = first + std::min(length, size - first);
      bool const collects = collects_all();
      if (!collects && !options.stop.stop_possible()) return body.fold(chunks[index].done, first, last);
      for (; first != last; ++first) {
        if (options.stop.stop_requested()) throw_stopped();
        try {
          body.step(chunks[index].done, first);
        } catch (...) {
          if (!collects) throw;
          chunks[index].errors.push_back({first, std::current_exception()});
        }
      }
    }
    bool collects_all() const noexcept {
      return options.errors == error_policy::collect_all && requires { Body::is_independent; };
    }
  };
  std::size_t const workers = l.concurrency();
  std::size_t const length = options.chunks.length(size, workers);
  std::size_t const usual = std::clamp<std::size_t>(size / (8 * workers), 1, 1024);
  chunked all{body, options, size, std::max<std::size_t>(length != 0 ? length : usual, 1), {}};
  all.chunks.resize((size + all.length - 1) / all.length);
  auto const call = [](void* f, std::size_t first, std::size_t last) {
    for (; first != last; ++first) static_cast<chunked*>(f)->fold(first);
  };
  bool const fails_fast = options.errors == error_policy::fail_fast || all.collects_all();
  planned_body::part errors = run_planned(
      l, all.chunks.size(), &all, call,
      {options.stop, fails_fast ? error_policy::fail_fast : error_policy::first_by_index, chunk_policy::of_size(1)});
  if (!errors.empty()) std::rethrow_exception(errors.front().error);
  for (chunk& each : all.chunks)
    errors.insert(errors.end(), std::make_move_iterator(each.errors.begin()),
                  std::make_move_iterator(each.errors.end()));
  if (!errors.empty()) throw aggregate_error{std::move(errors), size};
  for (chunk& each : all.chunks) body.merge(result, std::move(each.done));
}

/// Runs `body`, which may have a part, over [0, size) as the options say.
template <class Body>
void run_loop_by(lane& l, std::size_t size, Body body, typename Body::part& result, loop_options const& options) {
  if (!options.are_plain()) return run_in_chunks(l, size, body, result, options);
  run_loop(l, size, std::move(body), result, options);
}

/// Throws what `errors` policy wants thrown after a loop over so many elements in which these failed.
inline void throw_collected(planned_body::part&& errors, std::size_t elements, error_policy policy) {
  if (errors.empty()) return;
  if (policy == error_policy::first_by_index) std::rethrow_exception(errors.front().error);
  throw aggregate_error{std::move(errors), elements};
}

}  // namespace beat::inline v0::detail
