// SPDX-License-Identifier: MIT
// The object pool: what is kept, what goes to other threads and to the upstream, and who may end first.

#include <algorithm>
#include <atomic>
#include <beat/base/cache_line.hpp>
#include <beat/base/random.hpp>
#include <beat/memory/object_pool.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "build_kind.hpp"
#include "catch.hpp"
#include "memory/upstream.hpp"

#if BEAT_HAS_LINUX()
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using beat::memory_usage;
using beat::object_pool;
using beat::pooled_ptr;

struct alignas(64) object {
  std::uint64_t value = 0;
  std::uint64_t others[7] = {};
};

std::uintptr_t address(void const* p) { return reinterpret_cast<std::uintptr_t>(p); }

template <class F>
void in_a_thread(F f) {
  std::thread{f}.join();
}

template <class T>
std::vector<T*> allocate(object_pool<T>& pool, std::size_t n) {
  std::vector<T*> memory(n);
  for (T*& m : memory) m = pool.allocate();
  return memory;
}

template <class T>
void deallocate(object_pool<T>& pool, std::vector<T*> const& memory) {
  for (T* const m : memory) pool.deallocate(m);
}

// What a thread keeps at most: 16 KiB, and 128 objects.
template <class T>
constexpr std::size_t kept = std::min<std::size_t>(128, 16384 / sizeof(T));

}  // namespace

TEST_CASE("an object is made with its arguments and destroyed with its pointer", "[unit]") {
  object_pool<std::string> pool;
  {
    pooled_ptr<std::string> const text = pool.make(100U, 'x');
    CHECK(*text == std::string(100, 'x'));
    CHECK(pool.usage().blocks_in_use == 1);
    pooled_ptr<std::string> const moved = pool.make(std::string(200, 'y'));
    CHECK(moved->size() == 200);
    CHECK(pool.usage().bytes_in_use == 2 * sizeof(std::string));
  }
  CHECK(pool.usage().blocks_in_use == 0);
  CHECK(pool.usage().bytes_reserved != 0);
  CHECK(sizeof(pooled_ptr<int>) == 2 * sizeof(void*));
}

TEST_CASE("an object whose constructor throws leaves nothing behind", "[unit]") {
  struct throwing {
    explicit throwing(int) { throw std::runtime_error{"no"}; }
  };
  object_pool<throwing> pool;
  CHECK_THROWS_AS(static_cast<void>(pool.make(1)), std::runtime_error);
  CHECK(pool.usage().blocks_in_use == 0);
}

TEST_CASE("freed memory is what the next allocation gets", "[unit]") {
  object_pool<object> pool;
  object* const first = pool.allocate();
  pool.deallocate(first);
  object* const second = pool.allocate();
  CHECK(second == first);
  pool.deallocate(second);
}

namespace {

template <std::size_t size, std::size_t alignment>
bool lies_apart_and_aligned() {
  struct alignas(alignment) thing {
    char bytes[size];
  };
  object_pool<thing> pool;
  std::set<std::uintptr_t> places;
  std::vector<thing*> const things = allocate(pool, 1000);
  bool good = true;
  for (thing* const t : things) {
    t->bytes[size - 1] = 1;
    places.insert(address(t));
    good = good && address(t) % alignment == 0;
  }
  good = good && places.size() == things.size();
  for (auto const place : places) {
    auto const next = places.upper_bound(place);
    good = good && (next == places.end() || *next - place >= sizeof(thing));
  }
  deallocate(pool, things);
  return good;
}

}  // namespace

TEST_CASE("objects of any size and alignment lie apart and aligned", "[unit]") {
  CHECK(lies_apart_and_aligned<1, 1>());
  CHECK(lies_apart_and_aligned<3, 1>());
  CHECK(lies_apart_and_aligned<8, 8>());
  CHECK(lies_apart_and_aligned<17, 1>());
  CHECK(lies_apart_and_aligned<40, 16>());
  CHECK(lies_apart_and_aligned<64, 64>());
  CHECK(lies_apart_and_aligned<100, 256>());
  CHECK(lies_apart_and_aligned<9000, 8>());
  CHECK(lies_apart_and_aligned<5, 4096>());
}

TEST_CASE("objects of a cache line lie on one line each", "[unit]") {
  struct line {
    char bytes[beat::cache_line];
  };
  beat_test::upstream upstream;
  object_pool<line> pool{&upstream};
  std::vector<line*> const lines = allocate(pool, 200);
  CHECK(upstream.last().alignment == beat::cache_line);
  for (line* const l : lines) REQUIRE(address(l) % beat::cache_line == 0);
  deallocate(pool, lines);
}

TEST_CASE("everything goes back to the upstream when the pool ends, also what was not freed", "[unit]") {
  beat_test::upstream upstream;
  {
    object_pool<object> pool{&upstream};
    CHECK(pool.upstream() == &upstream);
    CHECK(upstream.blocks() == 0);
    static_cast<void>(allocate(pool, 5000));
    CHECK(pool.usage() == memory_usage{5000, 5000 * sizeof(object), upstream.bytes()});
    CHECK(upstream.blocks() < 20);  // slabs grow
    CHECK(upstream.bytes() < 2 * 5000 * sizeof(object));
  }
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("where the upstream fails, at each of its calls, nothing is lost", "[unit]") {
  beat_test::upstream upstream;
  object_pool<object> pool{&upstream};
  std::vector<object*> objects;
  objects.reserve(5000);
  for (std::size_t calls = 0; calls < 8; ++calls) {
    upstream.fail_after(1);
    try {
      while (true) objects.push_back(pool.allocate());
    } catch (std::bad_alloc const&) {
    }
    REQUIRE(upstream.blocks() == calls + 1);
    REQUIRE(pool.usage() == memory_usage{objects.size(), objects.size() * sizeof(object), upstream.bytes()});
    REQUIRE(objects.size() * sizeof(object) == upstream.bytes());
  }
  deallocate(pool, objects);
  upstream.fail_after(0);
  deallocate(pool, allocate(pool, objects.size()));
  CHECK(pool.usage().blocks_in_use == 0);
}

TEST_CASE("an upstream may free objects of the pool while it looks for memory", "[unit]") {
  struct evicting final : std::pmr::memory_resource {
    object_pool<object>* pool = nullptr;
    std::vector<object*> cached;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
      for (object* const each : std::exchange(cached, {})) pool->deallocate(each);
      return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* place, std::size_t bytes, std::size_t alignment) override {
      std::pmr::new_delete_resource()->deallocate(place, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override {
      return this == &other;
    }
  };
  for (std::size_t const cached : {std::size_t{1}, kept<object>, 2 * kept<object>}) {
    evicting upstream;
    object_pool<object> pool{&upstream};
    upstream.pool = &pool;
    auto const objects = allocate(pool, cached);
    upstream.cached = objects;
    std::vector<object*> others;
    while (!upstream.cached.empty()) others.push_back(pool.allocate());
    CHECK(pool.usage().blocks_in_use == others.size());
    auto const again = allocate(pool, cached);
    std::set<object*> different{others.begin(), others.end()};
    different.insert(again.begin(), again.end());
    CHECK(different.size() == others.size() + cached);
    deallocate(pool, again);
    deallocate(pool, others);
    CHECK(pool.usage().blocks_in_use == 0);
  }
}

TEST_CASE("trim gives back what is wholly unused", "[unit]") {
  beat_test::upstream upstream;
  object_pool<object> pool{&upstream};
  CHECK(pool.trim() == 0);
  std::vector<object*> objects = allocate(pool, 10'000);
  CHECK(pool.trim() + upstream.bytes() >= 10'000 * sizeof(object));
  std::size_t const before = upstream.bytes();
  object* const remains = objects[5000];
  remains->value = 77;
  objects.erase(objects.begin() + 5000);
  deallocate(pool, objects);
  std::size_t const given = pool.trim();
  CHECK(given + upstream.bytes() == before);
  CHECK(upstream.blocks() == 1);
  CHECK(pool.usage() == memory_usage{1, sizeof(object), upstream.bytes()});
  CHECK(remains->value == 77);

  // It goes on with what is left, and grows again.
  objects = allocate(pool, 10'000);
  CHECK(std::set<object*>(objects.begin(), objects.end()).size() == 10'000);
  CHECK(std::find(objects.begin(), objects.end(), remains) == objects.end());
  deallocate(pool, objects);
  pool.deallocate(remains);
  pool.trim();
  CHECK(pool.usage() == memory_usage{});
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("trim leaves slabs of which another thread keeps a free block, until that thread ends", "[unit]") {
  beat_test::upstream upstream;
  object_pool<object> pool{&upstream};
  std::atomic<int> stage{0};
  std::thread other{[&] {
    pool.deallocate(pool.allocate());
    stage = 1;
    stage.notify_all();
    stage.wait(1);
  }};
  stage.wait(0);
  CHECK(pool.usage().blocks_in_use == 0);
  CHECK(pool.trim() == 0);
  CHECK(upstream.blocks() == 1);
  stage = 2;
  stage.notify_all();
  other.join();
  CHECK(pool.trim() != 0);
  CHECK(upstream.blocks() == 0);
}

TEST_CASE("a thread that ends leaves its free objects to the others", "[unit]") {
  beat_test::upstream upstream;
  object_pool<object> pool{&upstream};
  std::set<object*> seen;
  for (int round = 0; round < 50; ++round)
    in_a_thread([&] {
      std::vector<object*> const objects = allocate(pool, 10);
      seen.insert(objects.begin(), objects.end());
      deallocate(pool, objects);
    });
  CHECK(seen.size() <= kept<object>);
  CHECK(upstream.blocks() == 1);
  CHECK(pool.usage().blocks_in_use == 0);
}

TEST_CASE("objects go round from a thread that allocates to one that frees, and back", "[unit]") {
  constexpr int rounds = 200;
  constexpr std::size_t in_flight = 500;
  beat_test::upstream upstream;
  object_pool<object> pool{&upstream};
  std::vector<object*> objects(in_flight);
  std::atomic<int> turn{0};
  std::size_t damaged = 0;
  std::thread consumer{[&] {
    for (int i = 0; i < rounds; ++i) {
      turn.wait(2 * i);
      for (object* const o : objects) {
        if (o->value != address(o)) ++damaged;
        pool.deallocate(o);
      }
      turn = 2 * i + 2;
      turn.notify_all();
    }
  }};
  std::size_t after_two = 0;
  for (int i = 0; i < rounds; ++i) {
    for (object*& o : objects) {
      o = pool.allocate();
      o->value = address(o);
    }
    if (i == 2) after_two = upstream.bytes();
    turn = 2 * i + 1;
    turn.notify_all();
    turn.wait(2 * i + 1);
  }
  consumer.join();
  CHECK(damaged == 0);
  CHECK(upstream.bytes() == after_two);
  CHECK(pool.usage().blocks_in_use == 0);
}

TEST_CASE("threads that exchange objects at random never share one, and nothing is lost", "[unit]") {
  constexpr int steps = 20'000;
  beat_test::upstream upstream;
  {
    object_pool<object> pool{&upstream};
    std::mutex lock;
    std::vector<object*> shared;
    std::atomic<int> damaged{0};
    auto const check_and_free = [&](object* o) {
      if (o->value != address(o) || o->others[6] != ~address(o)) ++damaged;
      o->value = 0;
      pool.deallocate(o);
    };
    auto const work = [&](std::uint64_t seed) {
      beat::random random{seed};
      for (int i = 0; i < steps; ++i) {
        object* out = nullptr;
        {
          std::lock_guard const guard{lock};
          if (!shared.empty() && (shared.size() > 700 || random() % 2 == 0)) {
            std::swap(shared[random() % shared.size()], shared.back());
            out = shared.back();
            shared.pop_back();
          }
        }
        if (out != nullptr) {
          check_and_free(out);
        } else {
          object* const fresh = pool.allocate();
          fresh->value = address(fresh);
          fresh->others[6] = ~address(fresh);
          std::lock_guard const guard{lock};
          shared.push_back(fresh);
        }
        if (i % 4096 == 0) pool.trim();
      }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) threads.emplace_back(work, t);
    for (std::thread& t : threads) t.join();
    CHECK(pool.usage().blocks_in_use == shared.size());
    for (object* const o : shared) check_and_free(o);
    CHECK(damaged == 0);
    CHECK(pool.usage().blocks_in_use == 0);
    pool.trim();
    CHECK(pool.usage().bytes_reserved == 0);
  }
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("a thread may end after the death of pools that it used, and after new ones took their place", "[unit]") {
  beat_test::upstream upstream;
  std::optional<object_pool<object>> first{&upstream};
  std::optional<object_pool<object>> second;
  std::atomic<int> stage{0};
  object* left = nullptr;
  std::thread other{[&] {
    deallocate(*first, allocate(*first, 100));
    stage = 1;
    stage.notify_all();
    stage.wait(1);
    // A new pool in the same place, which may have the same index in the thread's table.
    left = second->allocate();
    second->deallocate(second->allocate());
  }};
  stage.wait(0);
  first.reset();
  CHECK(upstream.blocks() == 0);
  first.emplace(&upstream);
  second.emplace(&upstream);
  object* const mine = first->allocate();
  stage = 2;
  stage.notify_all();
  other.join();
  CHECK(first->usage().blocks_in_use == 1);
  CHECK(second->usage().blocks_in_use == 1);
  first->deallocate(mine);
  second->deallocate(left);
  first.reset();
  second.reset();
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("pools and threads that used them end at the same time", "[unit]") {
  beat_test::upstream upstream;
  for (int round = 0; round < 300; ++round) {
    std::optional<object_pool<object>> pool{&upstream};
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        deallocate(*pool, allocate(*pool, 20));
        done.fetch_add(1, std::memory_order_release);  // release: the pool's end comes after its uses
      });
    while (done.load(std::memory_order_acquire) != 3) std::this_thread::yield();  // acquire: pairs with the above
    pool.reset();
    for (std::thread& t : threads) t.join();
  }
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

namespace {

// Destroyed after the thread's magazines were given back, as it was made before.
struct late {
  object_pool<object>* pool = nullptr;
  object* object_in_use = nullptr;
  late() = default;
  late(late const&) = delete;
  late& operator=(late const&) = delete;
  ~late() {
    pool->deallocate(object_in_use);
    deallocate(*pool, allocate(*pool, 200));
  }
};

}  // namespace

TEST_CASE("a destructor at the end of a thread may still use a pool", "[unit]") {
  beat_test::upstream upstream;
  object_pool<object> pool{&upstream};
  in_a_thread([&] {
    static thread_local late last;
    last.pool = &pool;
    last.object_in_use = pool.allocate();
  });
  CHECK(pool.usage().blocks_in_use == 0);
  pool.trim();
  CHECK(upstream.blocks() == 0);
}

TEST_CASE("ten thousand pools one after the other take no more of a thread than one", "[unit]") {
  auto& directory = beat::detail::store_directory::here();
  struct nobody final : beat::detail::magazine_owner {
    void take_back(beat::detail::magazine*) noexcept override {}
  };
  std::size_t greatest = 0;
  beat_test::upstream upstream;
  for (int i = 0; i < 10'000; ++i) {
    object_pool<object> pool{&upstream};
    pool.deallocate(pool.allocate());
    if (i % 100 != 0) continue;
    nobody owner;
    beat::detail::store_key const key = directory.enter(owner);
    greatest = std::max(greatest, beat::detail::index_of(key));
    directory.leave(key);
  }
  CHECK(greatest < 100);
  CHECK(upstream.blocks() == 0);
  CHECK(upstream.is_consistent());
}

TEST_CASE("many pools live at a time, used by several threads", "[unit]") {
  constexpr std::size_t count = 300;
  std::vector<std::unique_ptr<object_pool<std::uint64_t>>> pools(count);
  std::vector<std::uint64_t*> freed(count);
  in_a_thread([&] {  // which has no table yet
    for (std::size_t i = 0; i < count; ++i) {
      pools[i] = std::make_unique<object_pool<std::uint64_t>>();
      freed[i] = pools[i]->allocate();
      pools[i]->deallocate(freed[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {  // it still knows what it kept
      std::uint64_t* const again = pools[i]->allocate();
      if (again == freed[i]) freed[i] = nullptr;
      pools[i]->deallocate(again);
    }
  });
  CHECK(freed == std::vector<std::uint64_t*>(count));
  std::atomic<int> damaged{0};
  auto const work = [&](std::size_t first) {
    std::vector<pooled_ptr<std::uint64_t>> numbers;
    for (std::size_t i = 0; i < 2 * count; ++i) {
      std::size_t const which = (first + i * 7) % count;
      numbers.push_back(pools[which]->make(first + i));
    }
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (*numbers[i] != first + i) ++damaged;
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t) threads.emplace_back(work, 100 * t);
  for (std::thread& t : threads) t.join();
  CHECK(damaged == 0);
  for (auto const& pool : pools) REQUIRE(pool->usage().blocks_in_use == 0);
}

#if BEAT_HAS_LINUX()
TEST_CASE("the child of a fork may make a pool, whatever other threads do with theirs", "[unit]") {
  if (build_kind::is_sanitized) return;  // whose own locks do not outlive a fork beside a thread that works
  std::atomic<bool> stop{false};
  std::thread other{[&] {
    while (!stop.load()) {
      object_pool<object> pool;
      pool.deallocate(pool.allocate());
    }
  }};
  int failed = 0;
  for (int forks = 0; forks < 500 && failed == 0; ++forks) {
    pid_t const child = ::fork();
    if (child == 0) {
      ::alarm(60);
      {
        object_pool<object> pool;
        pool.deallocate(pool.allocate());
      }
      ::_exit(0);
    }
    int status = 0;
    failed += ::waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
  }
  stop.store(true);
  other.join();
  CHECK(failed == 0);
}
#endif
