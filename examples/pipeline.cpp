// SPDX-License-Identifier: MIT
// pipeline: lines are read one by one, worked on in parallel, and written in their order. No more than 16 of them are
// in memory at once.

#include <beat.hpp>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace {

struct line {
  int number;
  std::string text;
};

bool is_palindrome(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isalpha(c) == 0; });
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::equal(text.begin(), text.end(), text.rbegin());
}

}  // namespace

int main() {
  std::istringstream input{
      "A man, a plan, a canal: Panama\n"
      "Able was I ere I saw Elba\n"
      "In girum imus nocte et consumimur igni\n"
      "Work well balanced is half done\n"};
  int lines = 0, found = 0;

  beat::pipeline search{[&]() -> std::optional<line> {  // the source: empty where there is no more
                          std::string text;
                          if (!std::getline(input, text)) return std::nullopt;
                          return line{++lines, std::move(text)};
                        },
                        beat::parallel([](line l) { return std::pair{is_palindrome(l.text), std::move(l)}; }),
                        beat::serial_in_order([&](std::pair<bool, line> const& result) {
                          found += result.first ? 1 : 0;
                          std::cout << result.second.number << (result.first ? " is one:  " : " is none: ")
                                    << result.second.text << '\n';
                        })};

  beat::ThreadPool pool;
  std::uint64_t const through = search.run(pool, {.tokens = 16});
  std::cout << found << " of " << through << " lines are palindromes\n";
  return found == 3 && through == 4 ? 0 : 1;
}
