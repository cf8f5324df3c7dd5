// SPDX-License-Identifier: MIT
// What assertions find in programs that give back what they must not.

#include <beat/memory/object_pool.hpp>
#include <cstdint>
#include <string>
#include <thread>

#include "base/dies.hpp"
#include "catch.hpp"

#if !defined(NDEBUG)

namespace {

struct object {
  std::uint64_t values[4];
};
using pool = beat::object_pool<object>;

template <class F>
std::string last_words(F f) {
  auto const child = beat_test::run_in_child(f);
  return child.aborted ? child.output : "the program lived on: " + child.output;
}

bool says(std::string const& text, char const* what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("an object that is freed twice ends the program", "[unit]") {
  std::string const at_once = last_words([] {
    pool p;
    object* const o = p.allocate();
    p.deallocate(o);
    p.deallocate(o);
  });
  INFO(at_once);
  CHECK(says(at_once, "double free"));

  std::string const later = last_words([] {
    pool p;
    object* const first = p.allocate();
    object* others[500];
    for (object*& o : others) o = p.allocate();
    p.deallocate(first);
    for (object* const o : others) p.deallocate(o);
    p.trim();
    object* const in_use = p.allocate();  // else the slab itself would be gone
    p.deallocate(first == in_use ? others[0] : first);
  });
  INFO(later);
  CHECK((says(later, "double free") || says(later, "foreign")));

  std::string const elsewhere = last_words([] {
    pool p;
    object* const o = p.allocate();
    std::thread{[&] { p.deallocate(o); }}.join();
    p.deallocate(o);
  });
  INFO(elsewhere);
  CHECK(says(elsewhere, "double free"));
}

TEST_CASE("a pointer that was never given out ends the program", "[unit]") {
  std::string const next = last_words([] {
    pool p;
    p.deallocate(p.allocate() + 1);
  });
  INFO(next);
  CHECK(says(next, "double free"));

  std::string const uncut = last_words([] {
    pool p;
    p.deallocate(p.allocate() + 4096 / sizeof(object) - 1);
  });
  INFO(uncut);
  CHECK(says(uncut, "foreign"));
}

TEST_CASE("a foreign pointer ends the program", "[unit]") {
  std::string const from_the_stack = last_words([] {
    pool p;
    object mine{};
    static_cast<void>(p.allocate());
    p.deallocate(&mine);
  });
  INFO(from_the_stack);
  CHECK(says(from_the_stack, "foreign"));

  std::string const from_another_pool = last_words([] {
    pool p;
    pool q;
    static_cast<void>(q.allocate());
    q.deallocate(p.allocate());
  });
  INFO(from_another_pool);
  CHECK(says(from_another_pool, "foreign"));

  std::string const null = last_words([] {
    pool p;
    static_cast<void>(p.allocate());
    p.deallocate(nullptr);
  });
  INFO(null);
  CHECK(says(null, "foreign"));

  std::string const inside = last_words([] {
    pool p;
    p.deallocate(reinterpret_cast<object*>(&p.allocate()->values[1]));
  });
  INFO(inside);
  CHECK(says(inside, "foreign"));
}

TEST_CASE("a value that a user wrote is not taken for a free block", "[unit]") {
  pool p;
  object* const o = p.allocate();
  p.deallocate(o);
  object* const again = p.allocate();  // the mark is gone, though nobody wrote anything
  REQUIRE(again == o);
  p.deallocate(again);
  CHECK(p.usage().blocks_in_use == 0);
}

#endif
