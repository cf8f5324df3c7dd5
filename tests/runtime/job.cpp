// SPDX-License-Identifier: MIT
// The job: one word, which is first what to run and then how it ended.

#include <beat/base/atomics.hpp>
#include <beat/runtime/job.hpp>
#include <thread>

#include "catch.hpp"

namespace {

struct place {
  int runs = 0;
};
using job = beat::basic_job<place, beat::std_atomics>;
using beat::job_mark;

struct square : job {
  explicit square(int n) : job{&run_it}, input{n} {}
  static job_mark run_it(job* self, place& where) {
    auto& s = static_cast<square&>(*self);
    ++where.runs;
    if (s.input < 0) return job_mark::failed;
    s.output = s.input * s.input;
    return job_mark::done;
  }
  int input;
  int output = 0;
};

}  // namespace

TEST_CASE("a job runs where its thief is and keeps how it ended", "[unit]") {
  place where;
  square good{7};
  square bad{-1};
  CHECK_FALSE(good.is_filler());
  CHECK_FALSE(good.ended());
  good.finish(good.run(where));
  bad.finish(bad.run(where));
  CHECK(good.ended());
  CHECK_FALSE(good.failed());
  CHECK(good.output == 49);
  CHECK(bad.ended());
  CHECK(bad.failed());
  CHECK(where.runs == 2);
}

TEST_CASE("a filler has nothing to run", "[unit]") {
  job const nothing;
  CHECK(nothing.is_filler());
}

TEST_CASE("the result of a job is there once it has ended", "[unit]") {
  int wrong = 0;
  for (int round = 1; round < 500; ++round) {
    square s{round};
    std::thread thief{[&] {
      place where;
      s.finish(s.run(where));
    }};
    while (!s.ended()) std::this_thread::yield();
    wrong += s.output == round * round ? 0 : 1;
    thief.join();
  }
  CHECK(wrong == 0);
}
