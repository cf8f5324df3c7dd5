// SPDX-License-Identifier: MIT
// scan_and_filter: where each word begins in one long text, by an exclusive scan; the long words, by a filter.

#include <beat.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

int main() {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < 100'000; ++i) words.push_back(std::string(i % 7 + 1, static_cast<char>('a' + i % 26)));

  beat::ThreadPool pool;
  std::vector<std::size_t> begins(words.size());
  std::size_t const length =
      beat::parallel_exclusive_scan(pool, words, begins, std::size_t{0}, std::plus{}, &std::string::size);

  std::string text(length, ' ');
  beat::parallel_for(pool, std::size_t{0}, words.size(), [&, to = text.data()](std::size_t i) {
    std::ranges::copy(words[i], to + begins[i]);  // each word has a place of its own
  });

  auto long_words = beat::parallel_filter(pool, words, [](std::size_t size) { return size > 5; }, &std::string::size);
  beat::parallel_stable_sort(pool, long_words, std::greater{}, &std::string::size);

  std::cout << words.size() << " words of " << length << " letters begin with " << text.substr(0, 20) << "\n"
            << long_words.size() << " of them are long; the longest that comes first is " << long_words.front() << "\n";
  return text.substr(0, 6) == "abbccc" && long_words.front() == "ggggggg" ? 0 : 1;
}
