#pragma once
// SPDX-License-Identifier: MIT
// What the rounds of a benchmark program come to: a table with medians and ratios, Google Benchmark's JSON, a plot.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "suite.hpp"

namespace report {

using series = std::vector<suite::results>;  // one element a round

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  std::size_t const half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Without what Google Benchmark appends to say how it measured.
inline std::string short_name(std::string name) {
  for (std::string_view const suffix : {"/real_time", "/manual_time", "/process_time", "/iterations:"})
    name = name.substr(0, name.find(suffix));
  return name;
}

inline std::string to_text(char const* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Nanoseconds in a unit that suits them.
inline std::string to_time(double nanoseconds) {
  constexpr std::pair<double, char const*> units[] = {{1e9, "%.3f s"}, {1e6, "%.2f ms"}, {1e3, "%.2f µs"}};
  for (auto const& [size, format] : units)
    if (nanoseconds >= size) return to_text(format, nanoseconds / size);
  return to_text("%.2f ns", nanoseconds);
}

struct row {
  std::string name;                 // as short_name() gives it
  std::string competitor, problem;  // up to the first '/'; the arguments without the number of workers
  std::string workers;              // empty where there is none
  double time = 0, spread = 0;      // median in nanoseconds; half of the way from the least to the greatest, over that
  double to_serial = 0, to_best_peer = 0;  // 0 where there is nothing to compare with
  std::map<std::string, double> counters;

  bool is_serial() const { return competitor == "serial"; }
  bool is_beat() const { return competitor.starts_with("beat"); }
};

using table = std::vector<row>;

inline row make_row(std::string const& name, series const& rounds) {
  row r;
  r.name = name;
  std::vector<double> times;
  std::map<std::string, std::vector<double>> counters;
  for (suite::results const& round : rounds)
    for (auto const& [key, value] : round.values_) {
      if (key == name) times.push_back(value);
      if (key.starts_with(name + ' ')) counters[key.substr(name.size() + 1)].push_back(value);
    }
  r.time = median(times);
  if (!times.empty() && r.time > 0) {
    auto const [least, greatest] = std::minmax_element(times.begin(), times.end());
    r.spread = (*greatest - *least) / 2 / r.time;
  }
  for (auto& [counter, values] : counters) r.counters[counter] = median(values);
  std::size_t begin = name.find('/');
  r.competitor = name.substr(0, begin);
  while (begin != std::string::npos) {
    std::size_t const end = name.find('/', begin + 1);
    std::string const argument = name.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
    (argument.starts_with("workers:") ? r.workers : r.problem) += argument + ' ';
    begin = end;
  }
  return r;
}

/// One row a benchmark; those of the same problem follow each other.
inline table make_table(std::vector<std::string> const& names, series const& rounds) {
  table rows;
  std::vector<std::string> problems;
  for (std::string const& name : names) {
    rows.push_back(make_row(short_name(name), rounds));
    problems.push_back(rows.back().problem);
  }
  auto const place = [&](row const& r) {
    int const kind = r.is_serial() ? 0 : r.is_beat() ? 1 : 2;
    return std::tuple{std::find(problems.begin(), problems.end(), r.problem), kind, r.competitor, r.workers};
  };
  std::sort(rows.begin(), rows.end(), [&](row const& a, row const& b) { return place(a) < place(b); });
  for (row& r : rows)
    for (row const& other : rows) {
      if (other.problem != r.problem || other.time == 0) continue;
      double const ratio = r.time / other.time;
      if (other.is_serial())
        r.to_serial = ratio;
      else if (!other.is_beat() && other.workers == r.workers && !r.is_serial())
        r.to_best_peer = std::max(r.to_best_peer, ratio);
    }
  return rows;
}

inline std::string to_markdown(table const& rows) {
  std::set<std::string> counters;
  for (row const& r : rows)
    for (auto const& [counter, value] : r.counters) counters.insert(counter);
  std::string text = "| benchmark | median | spread | / serial | / best peer |";
  for (std::string const& counter : counters) text += ' ' + counter + " |";
  text += "\n|---|---:|---:|---:|---:|";
  for (std::size_t i = 0; i < counters.size(); ++i) text += "---:|";
  text += '\n';
  auto const ratio = [](double value) { return value == 0 ? std::string{} : to_text("%.3f", value); };
  for (row const& r : rows) {
    text += "| " + r.name + " | " + to_time(r.time) + " | " + to_text("±%.1f %%", r.spread * 100) + " | " +
            (r.is_serial() ? "" : ratio(r.to_serial)) + " | " + ratio(r.to_best_peer) + " |";
    for (std::string const& counter : counters) {
      auto const found = r.counters.find(counter);
      text += ' ' + (found == r.counters.end() ? "" : to_text("%.4g", found->second)) + " |";
    }
    text += '\n';
  }
  return text;
}

/// Every round, as Google Benchmark itself would have written it.
inline void write_json(std::ostream& out, series const& rounds) {
  benchmark::JSONReporter json;
  json.SetOutputStream(&out);
  json.SetErrorStream(&out);
  json.ReportContext(benchmark::BenchmarkReporter::Context{});
  std::vector<benchmark::BenchmarkReporter::Run> runs;
  for (std::size_t round = 0; round < rounds.size(); ++round) {
    for (auto const& [key, value] : rounds[round].values_) {
      std::size_t const space = key.find(' ');
      if (space != std::string::npos) {  // a counter: follows its benchmark, as the names are sorted
        runs.back().counters[key.substr(space + 1)] = benchmark::Counter{value};
        continue;
      }
      benchmark::BenchmarkReporter::Run run;
      run.run_name.function_name = key;
      run.run_type = benchmark::BenchmarkReporter::Run::RT_Iteration;
      run.repetitions = static_cast<std::int64_t>(rounds.size());
      run.repetition_index = static_cast<std::int64_t>(round);
      run.time_unit = benchmark::kNanosecond;
      run.real_accumulated_time = run.cpu_accumulated_time = value / 1e9;
      run.family_index = run.per_family_instance_index = 0;
      run.statistics = nullptr;
      runs.push_back(run);
    }
  }
  json.ReportRuns(runs);
  json.Finalize();
}

/// A bar a row, to the median; beat's stand out. The scale is linear within a problem.
inline void write_svg(std::ostream& out, table const& rows) {
  constexpr int line = 20, left = 330, width = 420;
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << left + width + 110 << "' height='"
      << line * (static_cast<int>(rows.size()) + 1) << "' font-family='sans-serif' font-size='12'>\n"
      << "<rect width='100%' height='100%' fill='white'/>\n";
  int y = line / 2;
  for (row const& r : rows) {
    double greatest = 0;
    for (row const& other : rows)
      if (other.problem == r.problem) greatest = std::max(greatest, other.time);
    double const length = greatest > 0 ? r.time / greatest * width : 0;
    char const* const colour = r.is_beat() ? "#d9480f" : r.is_serial() ? "#868e96" : "#4dabf7";
    out << "<text x='" << left - 6 << "' y='" << y + 14 << "' text-anchor='end'>" << r.name << "</text><rect x='"
        << left << "' y='" << y + 3 << "' width='" << length << "' height='" << line - 6 << "' fill='" << colour
        << "'/><text x='" << left + length + 5 << "' y='" << y + 14 << "'>" << to_time(r.time) << "</text>\n";
    y += line;
  }
  out << "</svg>\n";
}

inline bool write_files(std::string const& path, table const& rows, series const& rounds) {
  std::ofstream json{path + ".json"}, markdown{path + ".md"}, svg{path + ".svg"};
  write_json(json, rounds);
  markdown << to_markdown(rows);
  write_svg(svg, rows);
  return json.flush().good() && markdown.flush().good() && svg.flush().good();
}

}  // namespace report
