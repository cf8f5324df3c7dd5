// SPDX-License-Identifier: MIT
// partial_failure: elements that fail need not end a loop. A result keeps each element's value or error; a policy says
// what a loop throws in the end.

#include <beat.hpp>

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

int main() {
  beat::ThreadPool pool;
  std::vector<std::string> const words{"17", "4", "seven", "12", "", "8"};
  auto const to_number = [](std::string const& word) { return std::stoi(word); };

  // Each element's value or exception, at its position.
  auto const numbers = beat::try_parallel_map(pool, words, to_number);
  int sum = 0;
  for (int const n : numbers.values()) sum += n;
  std::cout << "the sum of " << numbers.size() - numbers.errors().size() << " of " << numbers.size() << " is " << sum
            << '\n';
  for (auto const& [index, error] : numbers.errors()) std::cout << "\"" << words[index] << "\" is no number\n";

  // The same with error codes, where the function returns an expected.
  auto const to_digit = [](std::string const& word) -> beat::expected<char> {
    if (word.size() != 1) return beat::unexpected{std::make_error_code(std::errc::value_too_large)};
    return word.front();
  };
  auto const digits = beat::try_parallel_map(pool, words, to_digit);
  std::cout << "first of those that are no digit: " << digits.first_error()->index << ", as "
            << digits.first_error()->error.message() << '\n';

  // All exceptions at once, or the first of them.
  std::string all_of_them, first_of_them;
  auto const visit = [&](beat::error_policy policy) {
    beat::parallel_for_each(pool, words, to_number, {.errors = policy});
  };
  try {
    visit(beat::error_policy::collect_all);
  } catch (beat::aggregate_error const& e) {
    all_of_them = e.what();
  }
  try {
    visit(beat::error_policy::first_by_index);
  } catch (std::exception const& e) {
    first_of_them = e.what();
  }
  std::cout << all_of_them << '\n' << first_of_them << '\n';
  return sum == 41 && numbers.errors().size() == 2 && digits.first_error()->index == 0 && first_of_them == "stoi" ? 0
                                                                                                                  : 1;
}
