// SPDX-License-Identifier: MIT
// word_count: the commonest words in all text files below a directory, counted by a plain loop and by parallel_reduce.

#include <unistd.h>

#include <beat.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr char const* help = R"(usage: word_count [--workers N] [directory]

Counts the words in all text files below the directory (default: /usr/include, the system's C and C++ headers),
by a plain loop and by N workers (default: one per CPU that this process may use), and compares time and answer.
A word is a maximal run of ASCII letters, digits and underscores that does not start with a digit.
Files with a NUL in their first 4 KiB are skipped as binary. Symbolic links are not followed.
)";

struct string_hash {
  using is_transparent = void;  // a string_view can be looked up
  // Not noexcept: libstdc++ then keeps each key's hash beside it.
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// How often each word occurs.
using word_map = std::unordered_map<std::string, std::uint64_t, string_hash, std::equal_to<>>;

/// Several maps, each for some of the words, so that two tallies are merged in parallel.
struct tally {
  std::array<word_map, 16> maps;
  std::uint64_t words = 0, bytes = 0, files = 0, binary = 0, unreadable = 0;

  word_map& map_of(std::string_view word) { return maps[(word.size() + static_cast<unsigned char>(word[0])) % 16]; }
  bool operator==(tally const&) const = default;
};

/// What both count together. Nodes move from the smaller map to the larger, and no word is copied.
tally merge(tally a, tally b) {
  beat::parallel_for(beat::here(), std::size_t{0}, a.maps.size(), [&](std::size_t i) {
    word_map &into = a.maps[i], &from = b.maps[i];
    if (into.size() < from.size()) into.swap(from);
    into.merge(from);  // leaves the words that are in both
    for (auto const& [word, occurrences] : from) into.find(word)->second += occurrences;
  });
  a.words += b.words;
  a.bytes += b.bytes;
  a.files += b.files;
  a.binary += b.binary;
  a.unreadable += b.unreadable;
  return a;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_of_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); }

void count_words(std::string_view text, tally& into) {
  for (auto last = text.begin();;) {
    auto const first = std::find_if(last, text.end(), is_of_word);
    if (first == text.end()) return;
    last = std::find_if_not(first, text.end(), is_of_word);
    if (is_digit(*first)) continue;
    ++into.words;
    std::string_view const word{first, last};
    word_map& map = into.map_of(word);
    auto const known = map.find(word);
    if (known != map.end())
      ++known->second;
    else
      map.emplace(word, 1);
  }
}

bool is_binary(std::string_view text) { return text.substr(0, 4096).find('\0') != std::string_view::npos; }

void count_file(fs::path const& path, tally& into) {
  thread_local std::string text;  // keeps its memory from file to file
  text.clear();
  std::ifstream in{path, std::ios::binary};
  for (std::array<char, 1 << 16> block; in && !is_binary(text);) {
    in.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (is_binary(text)) {
    ++into.binary;
  } else if (!in.eof()) {
    ++into.unreadable;
  } else {
    ++into.files;
    into.bytes += text.size();
    count_words(text, into);
  }
}

/// Where there is a terminal, says on it how many files of a pass are done; 0 clears the line.
void show_progress(std::size_t done) {
  static bool const is_terminal = isatty(STDERR_FILENO) == 1;
  if (is_terminal && done % 256 == 0) std::cerr << "\r\033[K" + (done == 0 ? "" : std::to_string(done) + " files");
}

/// The plain loop.
tally count(std::span<fs::path const> files, std::atomic<std::size_t>& done) {
  tally all;
  for (fs::path const& file : files) {
    count_file(file, all);
    show_progress(++done);
  }
  return all;
}

/// The same in parallel: a tally for each few files, and all of them merged. With one for each single file, the words
/// that nearly every file has would be merged thousands of times.
tally count_in_parallel(beat::ThreadPool& pool, std::span<fs::path const> files, std::atomic<std::size_t>& done) {
  std::size_t const few = 32;
  auto const parts = std::views::iota(std::size_t{0}, (files.size() + few - 1) / few);
  return beat::parallel_reduce(pool, parts, tally{}, merge, [&](std::size_t i) {
    return count(files.subspan(i * few, std::min(few, files.size() - i * few)), done);
  });
}

template <class Count>
std::pair<double, tally> timed(Count&& count_all) {
  std::atomic<std::size_t> done{0};
  auto const start = std::chrono::steady_clock::now();
  tally result = count_all(done);
  std::chrono::duration<double, std::milli> const time = std::chrono::steady_clock::now() - start;
  show_progress(0);
  return {time.count(), std::move(result)};
}

/// All regular files below `top`. Folders and entries that the system does not show are added to `errors`.
std::vector<fs::path> list_files(fs::path const& top, std::size_t& errors) {
  std::vector<fs::path> files, folders{top};
  while (!folders.empty()) {
    fs::path const folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
      std::error_code unknown;
      fs::file_type const type = entry->symlink_status(unknown).type();
      if (type == fs::file_type::regular) files.push_back(entry->path());
      if (type == fs::file_type::directory) folders.push_back(entry->path());
      if (unknown) ++errors;
    }
    if (error) ++errors;
  }
  return files;
}

void print_words(tally const& all) {
  std::vector<std::pair<std::uint64_t, std::string_view>> words;
  for (word_map const& map : all.maps)
    for (auto const& [word, occurrences] : map) words.emplace_back(occurrences, word);
  auto const top = words.begin() + std::min<std::ptrdiff_t>(20, std::ssize(words));
  std::partial_sort(words.begin(), top, words.end(), std::greater{});
  std::cout << "words: " << all.words << ", " << words.size() << " different, the commonest:\n";
  for (auto const& [occurrences, word] : std::span{words.begin(), top})
    std::cout << std::setw(10) << occurrences << "  " << word << '\n';
}

int run(std::span<char*> arguments) {
  fs::path directory = "/usr/include";
  unsigned workers = 0;  // automatic
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view const argument = arguments[i];
    if (argument == "--help") {
      std::cout << help;
      return 0;
    }
    if (argument == "--workers") {
      std::string_view const number = ++i < arguments.size() ? arguments[i] : "";
      auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), workers);
      if (error != std::errc{} || end != number.data() + number.size() || workers == 0)
        throw std::invalid_argument{"--workers needs a number from 1 on"};
    } else {
      directory = argument;
    }
  }
  if (std::error_code error; !fs::is_directory(directory, error))
    throw std::invalid_argument{"there is no directory " + directory.string() + ": name one that has text files in it"};

  beat::ThreadPool pool{workers};
  beat::cpu_limits const limits = beat::read_limits();
  std::cout << "CPUs:  " << limits.usable() << " to use; " << limits.hardware << " online, " << limits.affinity
            << " in the affinity mask, quota " << (limits.quota ? std::to_string(*limits.quota) : "none")
            << "; discovery: " << beat::discover().source() << '\n';

  std::size_t errors = 0;
  std::vector<fs::path> const files = list_files(directory, errors);
  auto const serial = [&](auto& done) { return count(files, done); };
  auto const parallel = [&](auto& done) { return count_in_parallel(pool, files, done); };
  tally const answer = timed(parallel).second;  // from here on the files are in the page cache
  double best_serial = 1e9, best_parallel = 1e9;
  for (int round = 0; round < 3; ++round) {
    auto const [serial_time, serial_answer] = timed(serial);
    auto const [parallel_time, parallel_answer] = timed(parallel);
    best_serial = std::min(best_serial, serial_time);
    best_parallel = std::min(best_parallel, parallel_time);
    if (serial_answer != answer || parallel_answer != answer)
      throw std::runtime_error{"the answers differ: beat is wrong, unless a file changed meanwhile"};
  }

  std::cout << "files: " << answer.files << " below " << directory.string() << "; skipped " << answer.binary
            << " binary, " << answer.unreadable << " unreadable; " << errors << " errors in the search\n"
            << "bytes: " << answer.bytes << '\n';
  print_words(answer);
  std::cout << "To read the files from the page cache and count, best of 3 rounds:\n"
            << "  serial    " << best_serial << " ms\n"
            << "  parallel  " << best_parallel << " ms on " << pool.workers() << " workers, "
            << best_serial / best_parallel << " times as fast\n"
            << "pool:  " << pool.stats() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (std::exception const& e) {
    std::cerr << "word_count: " << e.what() << '\n';
    return dynamic_cast<std::invalid_argument const*>(&e) != nullptr ? 2 : 1;  // 2: only the user can put it right
  }
}
