#pragma once
// SPDX-License-Identifier: MIT
// matmul: C += A * B for 1024 x 1024 doubles, divided into quadrants down to 64 x 64, whose product is some 10 µs of
// work. Each competitor divides in the same way; the quadrants of C are independent.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <random>
#include <vector>

#include "suite/suite.hpp"

namespace matmul {

inline constexpr std::size_t size = 1024;
inline constexpr std::size_t leaf = 64;
inline constexpr std::size_t stride = size + 8;  // or else rows would share the same few sets of the cache

/// c += a * b for blocks of leaf x leaf, a tile of c in registers at a time.
[[gnu::noinline]] inline void multiply_leaf(double* __restrict c, double const* __restrict a,
                                            double const* __restrict b) {
  constexpr std::size_t rows = 4, columns = 32;
  for (std::size_t i = 0; i < leaf; i += rows)
    for (std::size_t j = 0; j < leaf; j += columns) {
      double tile[rows][columns] = {};
      for (std::size_t k = 0; k < leaf; ++k)
        for (std::size_t y = 0; y < rows; ++y)
          for (std::size_t x = 0; x < columns; ++x) tile[y][x] += a[(i + y) * stride + k] * b[k * stride + j + x];
      for (std::size_t y = 0; y < rows; ++y)
        for (std::size_t x = 0; x < columns; ++x) c[(i + y) * stride + j + x] += tile[y][x];
    }
}

/// One product c += a * b of blocks that are n x n.
struct product {
  double* c;
  double const* a;
  double const* b;
  std::size_t n;

  /// What half `k` of the sum contributes to quadrant (i, j) of c.
  product quadrant(std::size_t i, std::size_t j, std::size_t k) const {
    std::size_t const half = n / 2;
    return {c + (i * stride + j) * half, a + (i * stride + k) * half, b + (k * stride + j) * half, half};
  }
};

/// Small whole numbers, so that every result is exact.
struct factors {
  std::vector<double> a, b;

  factors() : a(size * stride), b(size * stride) {
    std::mt19937 random{1};
    for (std::vector<double>* const m : {&a, &b})
      for (double& value : *m) value = static_cast<double>(random() % 17) - 8;
  }
};

/// The same ones for everybody.
inline factors const& inputs() {
  static factors const all;
  return all;
}

/// A result of so many multiplications that are added up, and its check.
class result {
 public:
  explicit result(benchmark::State& state) : state_{state} {
    for (std::vector<double> const* const m : {&inputs().a, &inputs().b})
      for (double value : *m) benchmark::DoNotOptimize(value);
  }

  product whole() { return {c_.data(), inputs().a.data(), inputs().b.data(), size}; }

  /// Compares C * v with A * (B * v), each as many times as there were iterations, for one arbitrary v.
  ~result() {
    std::vector<double> v(size);
    std::mt19937 random{2};
    for (double& value : v) value = static_cast<double>(random() % 17) - 8;
    std::vector<double> expected = times(inputs().a, times(inputs().b, v));
    std::vector<double> const actual = times(c_, v);
    auto const iterations = static_cast<double>(state_.iterations());
    for (double& value : expected) value *= iterations;
    if (actual != expected) state_.SkipWithError("wrong answer");
  }
  result(result const&) = delete;
  result& operator=(result const&) = delete;

 private:
  static std::vector<double> times(std::vector<double> const& m, std::vector<double> const& v) {
    std::vector<double> product(size);
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j) product[i] += m[i * stride + j] * v[j];
    return product;
  }

  benchmark::State& state_;
  std::vector<double> c_ = std::vector<double>(size * stride);
};

/// The arguments of every competitor that has workers.
inline void with_workers(benchmark::internal::Benchmark* b) { b->Apply(suite::with_workers)->UseRealTime(); }

}  // namespace matmul
