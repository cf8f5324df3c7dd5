// SPDX-License-Identifier: MIT
#include <array>
#include <beat/base/unique_function.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "catch.hpp"

using beat::unique_function;

namespace {

using function = unique_function<int(int)>;

static_assert(!std::is_copy_constructible_v<function> && !std::is_copy_assignable_v<function>);
static_assert(std::is_nothrow_move_constructible_v<function> && std::is_nothrow_move_assignable_v<function>);
static_assert(!std::is_constructible_v<function, int>, "an int cannot be called");
static_assert(!std::is_constructible_v<function, std::string (*)(int)>, "a string is no int");

// A callable of chosen size and alignment which counts its lives and its trips to the heap.
template <std::size_t Size, std::size_t Alignment = alignof(void*), bool NothrowMove = true>
struct alignas(Alignment) counted {
  static inline int alive = 0;
  static inline int allocated = 0;

  static void* operator new(std::size_t size) {
    ++allocated;
    return ::operator new(size, std::align_val_t{Alignment});
  }
  static void operator delete(void* memory) noexcept {
    --allocated;
    ::operator delete(memory, std::align_val_t{Alignment});
  }

  explicit counted(int add) : addend{static_cast<unsigned char>(add)} { ++alive; }
  counted(counted&& other) noexcept(NothrowMove) : addend{other.addend} { ++alive; }
  ~counted() { --alive; }

  int operator()(int value) { return value + addend + misalignment(); }

  int misalignment() const { return static_cast<int>(reinterpret_cast<std::uintptr_t>(this) % Alignment); }

  std::array<unsigned char, Size - 1> padding{};
  unsigned char addend;
};

template <class Callable>
int heap_objects_while_stored() {
  function stored{Callable{5}};
  int const allocated = Callable::allocated;
  function moved = std::move(stored);
  return moved(1) == 6 && Callable::alive == 1 ? allocated : -1;
}

int twice(int value) { return 2 * value; }

}  // namespace

TEST_CASE("a default-constructed function is empty", "[unit]") {
  function empty;
  function null = nullptr;
  REQUIRE_FALSE(empty);
  REQUIRE_FALSE(null);
  empty = twice;
  REQUIRE(empty);
  empty = nullptr;
  REQUIRE_FALSE(empty);
}

TEST_CASE("a null pointer makes an empty function", "[unit]") {
  int (*no_function)(int) = nullptr;
  int std::pair<int, int>::* no_member = nullptr;
  REQUIRE_FALSE(function{no_function});
  REQUIRE_FALSE(unique_function<int(std::pair<int, int>)>{no_member});
}

TEST_CASE("functions, lambdas and member pointers are called with their arguments", "[unit]") {
  REQUIRE(function{twice}(4) == 8);
  REQUIRE(function{&twice}(4) == 8);
  int base = 10;
  REQUIRE(function{[&base](int value) { return base += value; }}(5) == 15);
  REQUIRE(base == 15);
  REQUIRE(unique_function<int(std::pair<int, int>)>{&std::pair<int, int>::second}({1, 2}) == 2);
}

TEST_CASE("a callable keeps its state from call to call", "[unit]") {
  unique_function<int()> counter = [count = 0]() mutable { return ++count; };
  REQUIRE(counter() == 1);
  REQUIRE(counter() == 2);
  auto moved = std::move(counter);
  REQUIRE(moved() == 3);
}

TEST_CASE("a move-only callable, argument and result pass through", "[unit]") {
  unique_function<std::unique_ptr<int>(std::unique_ptr<int>)> add =
      [held = std::make_unique<int>(40)](std::unique_ptr<int> argument) {
        return std::make_unique<int>(*held + *argument);
      };
  REQUIRE(*add(std::make_unique<int>(2)) == 42);
}

TEST_CASE("references stay references", "[unit]") {
  int value = 1;
  unique_function<int&(int&)> same = [](int& argument) -> int& { return argument; };
  REQUIRE(&same(value) == &value);
}

TEST_CASE("a void signature drops the result", "[unit]") {
  int calls = 0;
  unique_function<void()> call = [&calls] { return ++calls; };
  call();
  REQUIRE(calls == 1);
}

TEST_CASE("three pointers that move safely stay off the heap, anything else goes there", "[unit]") {
  REQUIRE(heap_objects_while_stored<counted<3 * sizeof(void*)>>() == 0);
  REQUIRE(heap_objects_while_stored<counted<1, 1>>() == 0);
  REQUIRE(heap_objects_while_stored<counted<3 * sizeof(void*) + 1>>() == 1);
  REQUIRE(heap_objects_while_stored<counted<16, 16>>() == 1);  // fits, but wants more alignment than a pointer
  REQUIRE(heap_objects_while_stored<counted<64, 64>>() == 1);
  REQUIRE(heap_objects_while_stored<counted<8, 8, false>>() == 1);
}

TEST_CASE("what is stored is destroyed exactly once", "[unit]") {
  using small = counted<8>;
  using large = counted<100>;
  {
    function first{small{1}};
    function second{large{2}};
    REQUIRE(small::alive == 1);
    REQUIRE(large::alive == 1);

    first = std::move(second);
    REQUIRE(small::alive == 0);
    REQUIRE(large::alive == 1);
    REQUIRE(first);
    REQUIRE_FALSE(second);
    REQUIRE(first(1) == 3);

    std::swap(first, second);
    REQUIRE_FALSE(first);
    REQUIRE(second(1) == 3);
  }
  REQUIRE(small::alive == 0);
  REQUIRE(large::alive == 0);
  REQUIRE(large::allocated == 0);
}

TEST_CASE("assignment to itself keeps the callable", "[unit]") {
  function self{counted<8>{1}};
  function& alias = self;
  self = std::move(alias);
  REQUIRE(self);
  REQUIRE(self(1) == 2);
}

TEST_CASE("an exception of the callable reaches the caller, and the callable stays", "[unit]") {
  function throwing = [](int value) -> int {
    if (value < 0) {
      throw std::domain_error{"negative"};
    }
    return value;
  };
  REQUIRE_THROWS_AS(throwing(-1), std::domain_error);
  REQUIRE(throwing(1) == 1);
}

TEST_CASE("a callable whose copy throws leaves nothing behind", "[unit]") {
  struct bomb {
    bomb() = default;
    bomb(bomb const&) { throw std::runtime_error{"no copy"}; }
    int operator()(int value) const { return value; }
    std::array<char, 100> padding{};
  };
  bomb const source;
  REQUIRE_THROWS_AS(function{source}, std::runtime_error);
}
