// SPDX-License-Identifier: MIT
// mandelbrot: parallel_for over the rows of an image. Rows differ much in cost; there is nothing to tune.
// Usage: mandelbrot [image.ppm]

#include <beat.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t width = 1200;
constexpr std::size_t height = 800;
constexpr int most_steps = 500;

using pixel = std::array<unsigned char, 3>;  // red, green, blue
using row = std::vector<pixel>;

pixel colour(std::complex<double> c) {
  double x = 0, y = 0;
  int steps = 0;
  for (; steps < most_steps && x * x + y * y <= 4; ++steps) {
    double const next_x = x * x - y * y + c.real();
    y = 2 * x * y + c.imag();
    x = next_x;
  }
  if (steps == most_steps) return {0, 0, 0};
  auto const shade = [steps](int factor) { return static_cast<unsigned char>(255 - steps * factor % 256); };
  return {shade(9), shade(5), shade(2)};
}

row compute_row(std::size_t y) {
  row pixels(width);
  for (std::size_t x = 0; x < width; ++x) {
    auto const scale = 3.0 / static_cast<double>(width);
    pixels[x] = colour({static_cast<double>(x) * scale - 2.2, (static_cast<double>(y) - height / 2.0) * scale});
  }
  return pixels;
}

bool write_ppm(std::string const& path, std::vector<row> const& image) {
  std::ofstream out{path, std::ios::binary};
  out << "P6\n" << width << ' ' << height << "\n255\n";
  for (row const& pixels : image)
    for (pixel const& p : pixels)
      for (unsigned char const channel : p) out.put(static_cast<char>(channel));
  return out.flush().good();
}

}  // namespace

int main(int argc, char** argv) {
  std::string const path = argc > 1 ? argv[1] : "mandelbrot.ppm";
  beat::ThreadPool pool;
  std::vector<row> image(height);

  auto const start = std::chrono::steady_clock::now();
  beat::parallel_for(pool, std::size_t{0}, height, [&](std::size_t y) { image[y] = compute_row(y); });
  std::chrono::duration<double, std::milli> const time = std::chrono::steady_clock::now() - start;

  for (std::size_t y = 0; y < height; y += 50) {
    if (image[y] == compute_row(y)) continue;
    std::cerr << "row " << y << " is not what a serial computation gives\n";
    return 1;
  }
  if (!write_ppm(path, image)) {
    std::cerr << "can't write " << path << ": give a path in a folder that exists and is writable\n";
    return 2;
  }
  std::cout << path << ": " << width << " x " << height << " pixels in " << time.count() << " ms on " << pool.workers()
            << " workers\n";
}
