// SPDX-License-Identifier: MIT
// The main function of every benchmark program: measures the competitors in turns, each in a process of its own, so
// that no thread, allocation or spinning runtime of one meets another; prints a table; checks the bars.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "report.hpp"
#include "suite.hpp"

namespace {

constexpr std::string_view usage =
    "  --rounds=N     how often each benchmark is measured (5; 3 with --quick)\n"
    "  --quick        less time for each, and no new round after 15 seconds\n"
    "  --filter=TEXT  only benchmarks whose name contains TEXT\n"
    "  --out=FOLDER   write <problem>.json (Google Benchmark's format), .md and .svg there\n"
    "  --bars         measure what the bars need, and check them; ends with 1 if one is missed\n";

constexpr unsigned longest_seconds = 120;          // for one measurement
constexpr std::chrono::seconds quick_seconds{15};  // for all rounds

struct options {
  int rounds = 5;
  bool quick = false;
  bool bars = false;
  std::string filter, out;
};

/// Collects what a child measures.
class collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(Context const&) override { return true; }
  void ReportRuns(std::vector<Run> const& report) override { runs.insert(runs.end(), report.begin(), report.end()); }
  std::vector<Run> runs;
};

/// Calls `f(output)` in a child process and returns what it wrote; nothing where it did not end well.
template <class F>
std::optional<std::string> in_child(F f) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  std::cout.flush();
  pid_t const child = fork();
  if (child == 0) {
    close(ends[0]);
    alarm(longest_seconds);  // what hangs is a failure
    std::ostringstream output;
    output.precision(17);
    bool const good = f(output);
    std::string const text = output.str();
    for (std::size_t done = 0; done < text.size();) {
      ssize_t const count = write(ends[1], text.data() + done, text.size() - done);
      if (count <= 0) _exit(2);
      done += static_cast<std::size_t>(count);
    }
    _exit(good ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return {};
  return text;
}

/// Gives Google Benchmark its own options.
void initialize(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "benchmark");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
}

/// The names of all benchmarks, as Google Benchmark spells them.
std::vector<std::string> names() {
  auto const text = in_child([](std::ostream& output) {
    initialize({"--benchmark_list_tests=true"});
    std::streambuf* const before = std::cout.rdbuf(output.rdbuf());
    benchmark::RunSpecifiedBenchmarks();
    std::cout.rdbuf(before);
    return true;
  });
  std::istringstream lines{text.value_or("")};
  std::vector<std::string> result;
  for (std::string line; std::getline(lines, line);) result.push_back(line);
  return result;
}

std::string pattern_of(std::string const& name) {
  std::string pattern = "^";
  for (char const c : name) {
    if (std::string_view{"\\^$.|?*+()[]{}"}.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + '$';
}

/// Measures one benchmark once. Each line of the child: the value's name, a tab, the value.
std::optional<std::vector<std::pair<std::string, double>>> measure(std::string const& name, options const& o) {
  auto const text = in_child([&](std::ostream& output) {
    initialize(
        {"--benchmark_filter=" + pattern_of(name), std::string{"--benchmark_min_time="} + (o.quick ? "0.05" : "0.3")});
    collector runs;
    benchmark::RunSpecifiedBenchmarks(&runs);
    if (runs.runs.size() != 1) return false;
    auto const& run = runs.runs.front();
    if (run.error_occurred) {
      std::cerr << '\n' << name << ": " << run.error_message << '\n';
      return false;
    }
    output << '\t' << run.GetAdjustedRealTime() * 1e9 / benchmark::GetTimeUnitMultiplier(run.time_unit) << '\n';
    for (auto const& [counter, value] : run.counters) output << counter << '\t' << value.value << '\n';
    return true;
  });
  if (!text) return {};
  std::vector<std::pair<std::string, double>> values;
  std::istringstream lines{*text};
  for (std::string counter; std::getline(lines, counter, '\t');) {
    double value = 0;
    lines >> value;
    lines.ignore();
    values.emplace_back(std::move(counter), value);
  }
  return values;
}

/// One round over all of `which`, in a new order. False where a benchmark failed.
bool measure_round(std::vector<std::string> which, options const& o, report::series& series) {
  static std::mt19937 order{1};
  std::shuffle(which.begin(), which.end(), order);
  series.emplace_back();
  std::size_t done = 0;
  bool good = true;
  bool const shown = isatty(STDERR_FILENO) == 1;
  for (std::string const& name : which) {
    if (shown)
      std::cerr << "\r\x1b[Kround " << series.size() << ", " << ++done << " of " << which.size() << ": " << name
                << std::flush;
    auto const values = measure(name, o);
    if (!values) {
      std::cerr << '\n' << name << " failed\n";
      good = false;
      continue;
    }
    for (auto const& [counter, value] : *values)
      series.back().values_[report::short_name(name) + (counter.empty() ? "" : ' ' + counter)] = value;
  }
  if (shown) std::cerr << "\r\x1b[K";
  return good;
}

/// Several rounds over all of `which`. False where a benchmark failed.
bool measure_rounds(std::vector<std::string> const& which, options const& o, report::series& series) {
  bool good = true;
  auto const start = std::chrono::steady_clock::now();
  for (int round = 0; round < o.rounds; ++round) {
    if (o.quick && round > 0 && std::chrono::steady_clock::now() - start > quick_seconds) break;
    good = measure_round(which, o, series) && good;
  }
  return good;
}

/// One attempt at a bar.
struct attempt {
  suite::bar* bar;
  std::vector<double> values;  // of the rounds so far

  double value() const {
    return bar->each_round ? *std::max_element(values.begin(), values.end()) : report::median(values);
  }

  /// Whether further rounds can't change the verdict: with most of them on one side of the limit, so is the median.
  bool decided(int rounds) const {
    auto const above = std::count_if(values.begin(), values.end(), [&](double v) { return v > bar->limit; });
    if (bar->each_round && above > 0) return true;
    auto const most = bar->each_round ? rounds - 1 : rounds / 2;
    return above > most || std::ssize(values) - above > most;
  }
};

/// Measures the bars of `open`, each until it is decided. False where a benchmark failed.
bool measure_bars(std::vector<attempt>& open, std::vector<std::string> const& all, options const& o) {
  report::series series;
  bool good = true;
  for (int round = 0; round < o.rounds; ++round) {
    std::vector<attempt*> undecided;
    std::vector<std::string> needed;
    suite::results asking;
    asking.needed_ = &needed;
    for (attempt& a : open) {
      if (a.decided(o.rounds)) continue;
      undecided.push_back(&a);
      a.bar->measure(asking);
    }
    std::vector<std::string> which;
    for (std::string const& name : all)
      if (std::find(needed.begin(), needed.end(), report::short_name(name)) != needed.end()) which.push_back(name);
    if (which.empty()) break;
    good = measure_round(which, o, series) && good;
    for (attempt* const a : undecided) a->values.push_back(a->bar->measure(series.back()));
  }
  return good;
}

/// One line for each bar; a missed one is measured again, twice at most. True where all were reached.
bool check_bars(std::vector<std::string> const& all, options const& o) {
  constexpr int attempts = 3;
  std::vector<attempt> open;
  for (suite::bar& b : suite::bars()) open.push_back({&b, {}});
  for (int number = 1; number <= attempts && !open.empty(); ++number) {
    bool const good = measure_bars(open, all, o);
    std::vector<attempt> missed;
    for (attempt const& a : open) {
      suite::bar& b = *a.bar;
      b.best = std::min(b.best, a.value());
      bool const reached = good && b.best <= b.limit;
      std::printf("%-7s %-76s %9.3f  (at most %g)%s\n",
                  reached             ? "ok"
                  : number < attempts ? "again"
                                      : "MISSED",
                  b.text.c_str(), b.best, b.limit, number > 1 ? ", measured again" : "");
      if (!reached) missed.push_back({&b, {}});
    }
    std::fflush(stdout);
    open = missed;
  }
  return open.empty();
}

bool parse(int argc, char** argv, options& o) {
  bool rounds_given = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view const argument = argv[i];
    auto const value = [&] { return std::string{argument.substr(argument.find('=') + 1)}; };
    if (argument == "--quick")
      o.quick = true;
    else if (argument == "--bars")
      o.bars = true;
    else if (argument.starts_with("--rounds="))
      rounds_given = (o.rounds = std::atoi(value().c_str())) > 0;
    else if (argument.starts_with("--filter="))
      o.filter = value();
    else if (argument.starts_with("--out="))
      o.out = value();
    else
      return false;
  }
  if (!rounds_given && o.quick) o.rounds = 3;
  return o.rounds > 0;
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  if (!parse(argc, argv, o)) return std::cerr << argv[0] << " [options]\n" << usage, 2;
  suite::cpus();  // before anything is pinned
  for (auto const& work : suite::preparations()) work();
  std::vector<std::string> const all = names();
  if (o.bars) return check_bars(all, o) ? 0 : 1;
  std::vector<std::string> which;
  for (std::string const& name : all)
    if (name.find(o.filter) != std::string::npos) which.push_back(name);
  report::series series;
  bool const good = measure_rounds(which, o, series);
  report::table const table = report::make_table(which, series);
  std::cout << report::to_markdown(table);
  std::string_view const program = argv[0];
  std::string const problem{program.substr(program.rfind("bench_") + 6)};
  if (!o.out.empty() && !report::write_files(o.out + '/' + problem, table, series)) {
    std::cerr << "can't write to " << o.out << ": name a folder that exists and is writable\n";
    return 2;
  }
  return good ? 0 : 1;
}
