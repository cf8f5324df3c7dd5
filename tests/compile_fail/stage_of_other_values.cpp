// SPDX-License-Identifier: MIT
// expect: (because|satisfaction of|error:).*(stage_body<|can't be called with what the stage before it returns)
// Each stage of a pipeline is called with what the one before returns.

#include <beat.hpp>
#include <optional>
#include <string>

int main() {
  beat::ThreadPool pool;
  int left = 10;
  beat::pipeline p{[&]() -> std::optional<int> { return left-- > 0 ? std::optional{left} : std::nullopt; },
#if defined(FIXED)
                   beat::parallel([](int i) { return std::to_string(i); }),
#else
                   beat::parallel([](int i) { return 2 * i; }),
#endif
                   beat::serial_in_order([](std::string const& text) { return text.size(); })};
  p.run(pool);
}
