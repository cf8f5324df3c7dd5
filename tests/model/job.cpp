// SPDX-License-Identifier: MIT
// The end of a stolen job under every schedule: its owner, who may sleep, is woken, sees the result, and may leave the
// frame that holds the job at once.

#include <beat/runtime/event_count.hpp>
#include <beat/runtime/job.hpp>

#include "catch.hpp"
#include "explorer.hpp"

namespace {

struct nothing {};
using job = beat::basic_job<nothing, model::atomics>;

struct work : job {
  work() : job{&run_for_thief} {}
  static beat::job_mark run_for_thief(job* self, nothing&) {
    static_cast<work*>(self)->result = 1;
    return beat::job_mark::failed;
  }
  model::plain<int> result = 0;
};

}  // namespace

TEST_CASE("job: its owner sleeps until the thief has ended it", "[model][job]") {
  model::verify({.at_least = 100}, [] {
    beat::event_count<model::atomics> parker;
    auto* const w = new work;
    model::parallel(
        [&, w] {
          while (!w->ended()) {
            auto const key = parker.prepare();
            if (w->ended()) {
              parker.cancel();
              break;
            }
            parker.wait(key);
          }
          model::expect(w->failed() && w->result == 1, "the owner does not see how the job ended");
          delete w;
        },
        [&, w] {
          nothing thief;
          w->finish(w->run(thief));
          parker.notify_all();
        });
  });
}
