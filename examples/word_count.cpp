// SPDX-License-Identifier: MIT
// word_count: how often each word occurs in all files below a directory, counted by a plain loop and by
// parallel_reduce. Usage: word_count [directory], by default the headers of this system.

#include <algorithm>
#include <beat.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ranges>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace {
namespace fs = std::filesystem;
using tally = std::unordered_map<std::string, long>;

tally count_words(std::span<fs::path const> files) {
  auto const of_word = [](unsigned char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  tally words;
  for (fs::path const& file : files) {
    std::ifstream in{file, std::ios::binary};
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    for (auto last = text.begin(), first = last; (first = std::find_if(last, text.end(), of_word)) != text.end();) {
      last = std::find_if_not(first, text.end(), of_word);
      ++words[std::string{first, last}];
    }
  }
  return words;
}

// Moves words from the smaller tally into the larger one; none is copied.
tally merge(tally a, tally b) {
  if (a.size() < b.size()) a.swap(b);
  a.merge(b);  // leaves in b the words that are in both
  for (auto const& [word, count] : b) a[word] += count;
  return a;
}

tally count_in_parallel(beat::ThreadPool& pool, std::span<fs::path const> files) {
  std::size_t const size = 32;  // files have most words in common: merging after each one would cost too much
  auto const batches = std::views::iota(std::size_t{0}, (files.size() + size - 1) / size);
  return beat::parallel_reduce(pool, batches, tally{}, merge, [&](std::size_t i) {
    return count_words(files.subspan(i * size, std::min(size, files.size() - i * size)));
  });
}

}  // namespace

int main(int argc, char** argv) {
  fs::path const directory = argc > 1 ? argv[1] : "/usr/include";
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator entry{directory, error}, end; !error && entry != end; entry.increment(error))
    if (std::error_code unknown; entry->is_regular_file(unknown)) files.push_back(entry->path());
  if (files.empty()) return std::cerr << "no file below " << directory << ": name a directory with files in it\n", 2;
  beat::ThreadPool pool;
  std::cout << files.size() << " files below " << directory.string() << ", " << pool.workers()
            << " workers; machine discovery: " << beat::discover().source() << '\n';

  count_words(files);  // from here on the files are in the page cache
  using milliseconds = std::chrono::duration<double, std::milli>;
  auto const start = std::chrono::steady_clock::now();
  tally const serial = count_words(files);
  auto const middle = std::chrono::steady_clock::now();
  tally const parallel = count_in_parallel(pool, files);
  auto const end = std::chrono::steady_clock::now();

  auto const top = std::ranges::max_element(parallel, {}, &tally::value_type::second);
  if (top != parallel.end()) std::cout << "the commonest word is " << top->first << ", " << top->second << " times\n";
  std::cout << "plain loop " << milliseconds{middle - start}.count() << " ms, parallel_reduce "
            << milliseconds{end - middle}.count() << " ms; " << parallel.size() << " different words, "
            << (serial == parallel ? "both answers are equal\n" : "the answers DIFFER\n");
  return serial == parallel ? 0 : 1;
}
