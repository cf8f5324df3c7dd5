#pragma once
// SPDX-License-Identifier: MIT
// Fault injection: a scenario runs again and again, and the first time its first point fails, then its second, and so
// on, until it comes through. It has to end each time, with the fault or with what it would have done anyway.

#include <cstddef>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "catch.hpp"
#include "stress/stress.hpp"

namespace faults {

/// What fails at a point.
enum class kind {
  allocation,  ///< this allocation, and no other
  shortage,    ///< this allocation and the 19 after it
  threads,     ///< from this allocation on no thread can be started
  user_code,   ///< this call of user_code()
};

/// What user code throws.
struct planned {
  long point;
};

/// A point of user code: throws `planned` where it is this one's turn.
void user_code();

/// What a scenario says where something is wrong. Allocates nothing.
void expect(bool holds, char const* what) noexcept;

/// The end of a fault: whether the point was reached (otherwise the scenario came through), and what was wrong, or
/// null.
struct verdict {
  bool reached;
  char const* wrong;
};
void arm(kind what, long point) noexcept;
verdict disarm() noexcept;

struct result {
  long points = 0;    // at so many it failed
  std::string wrong;  // and this is what went wrong at the first one where something did
};

/// Runs `scenario` with a fault at each point. Where it throws, then only what the fault explains.
template <class Scenario>
result fail_each(kind what, Scenario&& scenario) {
  result so_far;
  for (long point = 1;; ++point) {
    std::string const name = "point " + std::to_string(point);
    stress::watchdog const dog{name.c_str(), std::chrono::seconds{60}};
    arm(what, point);
    try {
      scenario();
    } catch (std::bad_alloc const&) {
      expect(what == kind::allocation || what == kind::shortage, "std::bad_alloc, though there was memory");
    } catch (std::system_error const& e) {  // beat::error is one
      bool const explained =
          e.code() == beat::errc::thread_creation_failed || e.code() == std::errc::resource_unavailable_try_again;
      expect(what == kind::threads && explained, "a std::system_error that the fault does not explain");
    } catch (planned const& fault) {
      expect(fault.point == point, "the exception of another point");
    } catch (...) {
      expect(false, "an exception that nobody threw");
    }
    auto const [reached, wrong] = disarm();
    if (wrong != nullptr) {
      so_far.wrong = name + ": " + wrong;
      return so_far;
    }
    if (!reached) return so_far;
    ++so_far.points;
  }
}

/// The same as a test: fails at each point of what runs out, and wants at least so many points.
template <class Scenario>
void run_out_of(kind what, long at_least, Scenario scenario) {
  auto const [points, wrong] = fail_each(what, scenario);
  std::cout << points << " points\n" << std::flush;
  INFO(wrong);
  CHECK(wrong.empty());
  CHECK(points >= at_least);
}

/// Calls `f`, which may fail for want of memory: says whether it did not.
template <class F>
bool succeeds(F&& f) {
  try {
    f();
    return true;
  } catch (std::bad_alloc const&) {
    return false;
  }
}

}  // namespace faults
