// SPDX-License-Identifier: MIT
// A value alone on its cache lines.

#include <atomic>
#include <beat/memory/padded.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include "catch.hpp"

namespace {

using beat::cache_line;
using beat::padded;

struct alignas(4 * cache_line) wide {
  char c = 0;
};
struct without_default {
  explicit without_default(int v) : value{v} {}
  int value;
};

static_assert(sizeof(padded<char>) == cache_line && alignof(padded<char>) == cache_line);
static_assert(sizeof(padded<char[cache_line + 1]>) == 2 * cache_line);
static_assert(alignof(padded<wide>) == 4 * cache_line, "a greater alignment is kept");
static_assert(std::is_same_v<decltype(padded{3}), padded<int>>);
static_assert(std::is_aggregate_v<padded<int>>);
static_assert(*padded<int>{5} == 5);

std::uintptr_t line_of(void const* p) { return reinterpret_cast<std::uintptr_t>(p) / cache_line; }

}  // namespace

TEST_CASE("neighbours in an array of padded values share no cache line", "[unit]") {
  padded<std::atomic<int>> counts[4];
  for (int i = 0; i < 4; ++i) CHECK(*counts[i] == 0);
  for (int i = 1; i < 4; ++i) CHECK(line_of(&*counts[i]) == line_of(&*counts[i - 1]) + 1);
  auto const heap = std::make_unique<padded<char>[]>(3);
  CHECK(reinterpret_cast<std::uintptr_t>(heap.get()) % cache_line == 0);
}

TEST_CASE("a padded value is reached as through a pointer", "[unit]") {
  padded<std::string> text{"abc"};
  text->push_back('d');
  *text += 'e';
  padded<std::string> const copy = text;
  CHECK(*copy == "abcde");
  CHECK(copy->size() == 5);
  CHECK(copy.value == text.value);
  CHECK(padded<without_default> { without_default{7} } -> value == 7);
}
