#pragma once
// SPDX-License-Identifier: MIT
// What a problem's sources share beside Google Benchmark: where threads are pinned, and the bars that results must
// clear. A benchmark is called competitor/arguments, as in `tbb/levels:24/workers:2`; its value is the real time an
// iteration.

#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace suite {

/// The CPUs that this process may use, as found at the start, before anything was pinned.
inline std::vector<std::size_t> const& cpus() {
  static std::vector<std::size_t> const all = [] {
    cpu_set_t mask;
    std::vector<std::size_t> found;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0)
      for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &mask)) found.push_back(cpu);
    return found;
  }();
  return all;
}

/// Binds the calling thread to the CPU of worker `index`; workers beyond the last CPU begin again with the first.
inline void pin(unsigned index) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(cpus()[index % cpus().size()], &mask);
  sched_setaffinity(0, sizeof mask, &mask);
}

/// Lets the calling thread run on every CPU again, as threads that it starts inherit its mask.
inline void unpin() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (std::size_t const cpu : cpus()) CPU_SET(cpu, &mask);
  sched_setaffinity(0, sizeof mask, &mask);
}

/// Gives up a real-time priority, where threads are to be placed and preempted as everywhere.
inline bool use_ordinary_priority() {
  sched_param const none{};
  return sched_setscheduler(0, SCHED_OTHER, &none) == 0;
}

/// Work that is done once, before anything is measured: every measurement is a process forked after that.
inline std::vector<std::function<void()>>& preparations() {
  static std::vector<std::function<void()>> all;
  return all;
}
inline bool prepare(std::function<void()> work) { return preparations().push_back(std::move(work)), true; }

/// The arguments of a competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) {
  b->ArgName("workers")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);
}

/// What one round measured: nanoseconds by benchmark, other values by benchmark and counter ("wake/ms:20 p99").
class results {
 public:
  /// Asked for by name. While the bars are only being asked what they need, every value is 1.
  double operator[](std::string const& name) const {
    if (needed_ != nullptr) needed_->push_back(name.substr(0, name.find(' ')));
    auto const found = values_.find(name);
    return found != values_.end() ? found->second : 1;
  }
  double least(std::initializer_list<char const*> names) const {
    double best = 1e300;
    for (char const* name : names) best = std::min(best, (*this)[name]);
    return best;
  }

  std::map<std::string, double> values_;
  std::vector<std::string>* needed_ = nullptr;
};

/// A number that has to be reached: what `measure` gives is at most `limit`, by the median of the rounds or in each.
struct bar {
  std::string text;
  double limit;
  std::function<double(results const&)> measure;
  bool each_round = false;
  double best = 1e300;  // of the attempts so far
};
inline std::vector<bar>& bars() {
  static std::vector<bar> all;
  return all;
}

/// Registers a bar with its limit for g++ and for clang; 0 where there is none.
inline bool require(std::string text, double gcc, double clang, std::function<double(results const&)> measure,
                    bool each_round = false) {
#if defined(__clang__)
  double const limit = clang + 0 * gcc;
#else
  double const limit = gcc + 0 * clang;
#endif
  if (limit > 0) bars().push_back({std::move(text), limit, std::move(measure), each_round});
  return true;
}

/// The same for every single round.
inline bool require_always(std::string text, double gcc, double clang, std::function<double(results const&)> measure) {
  return require(std::move(text), gcc, clang, std::move(measure), true);
}

}  // namespace suite
