// SPDX-License-Identifier: MIT
// futures: what is to happen next is said beforehand, so that no thread waits for it.

#include <beat.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

namespace {

/// A value goes from task to task; what takes a future sees errors as well.
std::string continued(beat::ThreadPool& pool) {
  auto length =
      pool.submit([] { return std::string{"forty-two"}; }).then([](std::string const& s) { return s.size(); });
  auto failed = pool.submit([]() -> int { throw std::runtime_error{"no number"}; })
                    .then([](int x) { return x + 1; })  // not called
                    .then([](beat::future<int> f) {
                      try {
                        return std::to_string(f.get());
                      } catch (std::exception const& e) {
                        return std::string{e.what()};
                      }
                    });
  auto both = beat::when_all(std::move(length), std::move(failed)).then([](auto const& results) {
    return std::to_string(std::get<0>(results)) + ", " + std::get<1>(results);
  });
  return both.get();
}

/// The first answer is enough; the other task is asked to stop by a token of its own.
std::size_t first_answer(beat::ThreadPool& pool) {
  static std::stop_source enough;  // g++ 12 would warn of a local one, which it takes for uninitialised
  auto const patient = [](std::stop_token stop) {
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  };
  auto first = beat::when_any(pool.submit(patient, {.stop = enough.get_token()}), pool.submit([] {}));
  std::size_t const index = first.get().index;
  enough.request_stop();
  return index;
}

/// A result that comes from elsewhere.
int promised(beat::ThreadPool& pool) {
  beat::promise<int> source{pool};
  auto doubled = source.get_future().then([](int x) { return 2 * x; });
  std::thread elsewhere{[&] { source.set_value(21); }};
  elsewhere.join();
  return doubled.get();
}

}  // namespace

int main() {
  beat::ThreadPool pool{2};
  std::string const both = continued(pool);
  std::size_t const first = first_answer(pool);
  int const doubled = promised(pool);
  std::cout << both << "; the first was number " << first << "; twice 21 is " << doubled << '\n';
  return both == "9, no number" && first == 1 && doubled == 42 ? 0 : 1;
}
