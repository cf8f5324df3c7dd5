// SPDX-License-Identifier: MIT
// search: the first element that matches, whether there is one, how many there are, and the extremes. A search stops
// once the first match is known, and begins with what comes first.

#include <beat.hpp>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <string>
#include <vector>

namespace {

struct station {
  std::string name;
  int temperature;
};

std::vector<station> make_stations(std::size_t count) {
  std::vector<station> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = {"S" + std::to_string(i), static_cast<int>(i * 7919 % 1009) - 500};
  return all;
}

}  // namespace

int main() {
  beat::ThreadPool pool;
  std::vector<station> const stations = make_stations(200'000);

  std::atomic<long> looks{0};
  auto const is_frozen = [&](int t) { return ++looks, t < -450; };
  auto const first = beat::parallel_find_if(pool, stations, is_frozen, &station::temperature);
  auto const named = beat::parallel_find(pool, stations, "S4711", &station::name);
  bool const any_hot = beat::parallel_any_of(pool, stations, [](int t) { return t > 600; }, &station::temperature);
  auto const zero = beat::parallel_count(pool, stations, 0, &station::temperature);
  auto const [coldest, hottest] = beat::parallel_minmax_element(pool, stations, std::less<>{}, &station::temperature);

  std::cout << "first below -450: " << first->name << ", known after " << looks << " looks at " << stations.size()
            << " stations\nS4711 has " << named->temperature << ", " << zero << " have 0, "
            << (any_hot ? "some have" : "none has") << " more than 600\nfrom " << coldest->temperature << " at "
            << coldest->name << " to " << hottest->temperature << " at " << hottest->name << '\n';

  auto const serial = std::ranges::minmax_element(stations, {}, &station::temperature);
  bool const as_expected =
      first == std::ranges::find_if(stations, [](station const& s) { return s.temperature < -450; }) &&
      named == stations.begin() + 4711 && coldest == serial.min && hottest == serial.max &&
      zero == std::ranges::count(stations, 0, &station::temperature) && !any_hot;
  return as_expected ? 0 : 1;
}
