// SPDX-License-Identifier: MIT
// word_count, the job that the demo runs: how often each word occurs in all text files below a directory, counted by
// a plain loop and by parallel_reduce, which have to agree.

#include <algorithm>
#include <atomic>
#include <beat.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace {

namespace fs = std::filesystem;

constexpr std::string_view usage =
    "word_count [directory]\n"
    "Counts the words of all text files below a directory, by default /usr/include: first in a plain loop, then in\n"
    "parallel. Ends with 0 if both answers are equal, with 1 if not, with 2 if there is nothing to count.\n";

/// Shows on a terminal how far the work is; elsewhere it is silent.
class progress {
 public:
  progress(std::string_view what, std::size_t total) : what_{what}, total_{total} {}
  ~progress() {
    if (shown_) std::cerr << "\r\x1b[K";
  }
  progress(progress const&) = delete;
  progress& operator=(progress const&) = delete;

  /// From any thread: one more is done.
  void step() {
    std::size_t const done = ++done_;
    if (!shown_ || done * 100 / total_ == (done - 1) * 100 / total_) return;
    std::cerr << '\r' + what_ + ": " + std::to_string(done) + " of " + std::to_string(total_) + " files" << std::flush;
  }

 private:
  static bool on_terminal() {
#if __has_include(<unistd.h>)
    return isatty(STDERR_FILENO) == 1;
#else
    return false;
#endif
  }

  std::string const what_;
  std::size_t const total_;
  bool const shown_ = on_terminal();
  std::atomic<std::size_t> done_{0};
};

// Finds a word by its characters, without making a string of them.
struct text_hash : std::hash<std::string_view> {
  using is_transparent = void;
};

struct tally {
  std::unordered_map<std::string, long, text_hash, std::equal_to<>> words;
  long files = 0, unreadable = 0, binary = 0;  // what was counted, and what was left out
  long bytes = 0, occurrences = 0;

  bool operator==(tally const&) const = default;
};

void count_words(std::string_view text, tally& sum) {
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto const of_word = [&](char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || is_digit(c); };
  for (auto last = text.begin(), first = last; (first = std::find_if(last, text.end(), of_word)) != text.end();) {
    last = std::find_if_not(first, text.end(), of_word);
    if (is_digit(*first)) continue;  // a number
    std::string_view const word{first, last};
    auto entry = sum.words.find(word);
    if (entry == sum.words.end()) entry = sum.words.emplace(word, 0).first;
    ++entry->second;
    ++sum.occurrences;
  }
}

tally count_files(std::span<fs::path const> files, progress& shown) {
  tally sum;
  for (fs::path const& file : files) {
    std::ifstream in{file, std::ios::binary};
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    if (!in.is_open() || in.bad()) {
      ++sum.unreadable;
    } else if (text.find('\0') != text.npos) {
      ++sum.binary;
    } else {
      ++sum.files;
      sum.bytes += static_cast<long>(text.size());
      count_words(text, sum);
    }
    shown.step();
  }
  return sum;
}

// Moves words from the smaller tally into the larger one; none is copied.
tally merge(tally a, tally b) {
  if (a.words.size() < b.words.size()) std::swap(a, b);
  a.words.merge(b.words);  // leaves in b the words that are in both
  for (auto const& [word, count] : b.words) a.words.find(word)->second += count;
  a.files += b.files;
  a.unreadable += b.unreadable;
  a.binary += b.binary;
  a.bytes += b.bytes;
  a.occurrences += b.occurrences;
  return a;
}

tally count_in_parallel(beat::ThreadPool& pool, std::span<fs::path const> files, progress& shown) {
  constexpr std::size_t size = 32;  // files have most words in common: merging after each one would cost too much
  auto const batches = std::views::iota(std::size_t{0}, (files.size() + size - 1) / size);
  return beat::parallel_reduce(pool, batches, tally{}, merge, [&](std::size_t i) {
    return count_files(files.subspan(i * size, std::min(size, files.size() - i * size)), shown);
  });
}

/// Every file below `directory` in a fixed order, or nothing. A directory that can't be read is left out.
std::vector<fs::path> files_below(fs::path const& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  auto const skip = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry{directory, skip, error}, end; !error && entry != end;
       entry.increment(error))
    if (std::error_code unknown; entry->is_regular_file(unknown)) files.push_back(entry->path());
  std::ranges::sort(files);
  return files;
}

template <class F>
auto timed(F&& f) {
  auto const start = std::chrono::steady_clock::now();
  auto result = f();
  return std::pair{std::move(result),
                   std::chrono::duration<double, std::milli>{std::chrono::steady_clock::now() - start}.count()};
}

void print_commonest(tally const& result, std::size_t most) {
  using entry = std::pair<std::string_view, long>;
  std::vector<entry> top(std::min(most, result.words.size()));
  auto const by_count = [](entry const& a, entry const& b) {
    return std::pair{-a.second, a.first} < std::pair{-b.second, b.first};
  };
  std::ranges::partial_sort_copy(result.words | std::views::transform([](auto& w) { return entry{w.first, w.second}; }),
                                 top, by_count);
  for (auto const& [word, count] : top) std::cout << std::setw(10) << count << "  " << word << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view const argument = argc > 1 ? argv[1] : "/usr/include";
  if (argument == "--help" || argument == "-h") return std::cout << usage, 0;
  if (argc > 2 || argument.starts_with('-')) return std::cerr << "This is not how to call it:\n" << usage, 2;
  fs::path const directory = argument;
  std::error_code unknown;
  if (!fs::is_directory(directory, unknown))
    return std::cerr << directory << " is no directory that can be read: name another one\n", 2;
  std::vector<fs::path> const files = files_below(directory);
  if (files.empty()) return std::cerr << "There is no file below " << directory << ": name another directory\n", 2;

  beat::ThreadPool pool;
  std::cout << "counting the words in " << files.size() << " files below " << directory.string() << " on "
            << pool.workers() << " workers (machine discovery: " << beat::discover().source() << ")\n";
  auto const count = [&](std::string_view how, auto&& counted) {
    progress shown{how, files.size()};
    return timed([&] { return counted(shown); });
  };
  auto const serially = [&](progress& shown) { return count_files(files, shown); };
  count("reading", serially);  // from here on the files are in the page cache
  auto const [serial, serial_time] = count("plain loop", serially);
  auto const [parallel, parallel_time] =
      count("in parallel", [&](progress& shown) { return count_in_parallel(pool, files, shown); });
  pool.wait();

  print_commonest(parallel, 20);
  std::cout << parallel.files << " text files, " << parallel.bytes << " bytes, " << parallel.occurrences << " words, "
            << parallel.words.size() << " different ones; left out: " << parallel.unreadable << " unreadable, "
            << parallel.binary << " binary\n"
            << "plain loop " << serial_time << " ms, parallel_reduce " << parallel_time
            << " ms: " << serial_time / parallel_time << " times as fast\n"
            << "the pool: " << pool.stats() << '\n'
            << (serial == parallel ? "both answers are equal\n" : "the answers DIFFER\n");
  return serial == parallel ? 0 : 1;
}
