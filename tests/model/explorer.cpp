// SPDX-License-Identifier: MIT
// The explorer's engine: threads as fibers, and a depth-first search over all choices. How it works: README.md.

// Its longjmp takes a jump from one fiber to another for an error.
#undef _FORTIFY_SOURCE

#include "explorer.hpp"

#include <setjmp.h>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <random>
#include <set>
#include <string_view>
#include <unordered_map>

#include "catch.hpp"
#include "memory.hpp"

namespace model {
namespace {

using detail::site;

constexpr unsigned max_steps = 4000;  // in one execution: more are an endless loop
constexpr std::size_t stack_size = 256 * 1024;
constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";  // of a schedule

constexpr char const* names_of_orders[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
char const* name_of(order o) { return names_of_orders[static_cast<int>(o)]; }

std::string file_of(site const& where) {
  std::string_view const path = where.file_name();
  return std::string{path.substr(path.rfind('/') + 1)};
}

enum class state : std::uint8_t { ready, yielded, asleep, joining, finished };

struct fiber {
  alignas(16) std::array<std::byte, stack_size> stack;
  ucontext_t entry;  // where it begins
  bool begun = false;
  jmp_buf here;  // where it goes on
  detail::call work{};
  int inside = 0;  // above 0: what is allocated now does not belong to the program

  state now = state::finished;
  void const* sleeps_on = nullptr;
  bool timed = false;        // its sleep may end at any time
  std::uint64_t stores = 0;  // how many stores there were when it went on after a pause
};

struct choice {
  unsigned taken, count;
};

struct block {
  void* memory;
  std::size_t size;
  bool freed;
};

/// An order that is to be replaced, as BEAT_MODEL_WEAKEN says.
struct weakening {
  std::string file;
  unsigned line = 0, column = 0;
  int which = 0;  // 0: the order, or that of a success; 1: that of a failure
  order to = order::relaxed;
};

class engine {
 public:
  static engine& the() {
    alignas(engine) static std::byte place[sizeof(engine)];  // outlives whatever is freed at the end of the program
    static engine& e = *::new (static_cast<void*>(place)) engine;
    return e;
  }

  /// A part of a fiber that belongs to the explorer: what is allocated in it does not count.
  struct inside {
    inside() { the().track(false); }
    ~inside() { the().track(true); }
    inside(inside const&) = delete;
    inside& operator=(inside const&) = delete;
  };

  /// One step of the calling thread. Before it, another thread may go on.
  struct step : inside {
    step() { the().begin_step(); }
  };

  verdict explore(limits const& within, std::function<void()> const& program);
  [[noreturn]] void fail(std::string const& what);

  unsigned choose(unsigned count);
  unsigned choose_store(location& l, order o, std::uint64_t const* expected) {
    memory::readable const numbers = memory_.readable_by(l, o, expected);
    return numbers.numbers[choose(numbers.count)];
  }
  void run_threads(detail::call const* calls, unsigned count);
  void pause();
  void sleep(void const* at, bool timed);
  void wake(void const* at, int count);

  order effective(order o, site const& where, int which, char const* kind);
  void tell(char const* what, order o, location const& l, std::uint64_t before, std::uint64_t after, site const& where);

  void track(bool on) { me().inside += on ? -1 : 1; }
  void* allocate(std::size_t size, std::size_t alignment);
  void deallocate(void* memory);

  memory memory_;

 private:
  fiber& me() { return fibers_[current_]; }
  void begin_step();
  void reschedule(bool may_stay);
  bool is_known(bool may_stay);
  bool next_schedule();
  void execute();
  [[noreturn]] void leave_execution();
  void prepare(unsigned thread, void (*entry)());
  void switch_to(unsigned thread);
  static void run_program();
  static void run_thread();

  std::function<void()> const* program_ = nullptr;
  limits limits_;
  std::vector<choice> choices_;
  std::size_t depth_ = 0;                                 // how many of them are made
  std::unordered_map<std::uint64_t, unsigned> explored_;  // states, and after how many preemptions
  jmp_buf loop_;
  std::array<fiber, max_threads> fibers_;
  unsigned current_ = 0, count_ = 0;
  unsigned preemptions_ = 0, steps_ = 0;
  bool fresh_ = false;    // the current thread was just chosen: its next step comes without another choice
  bool running_ = false;  // an execution is under way
  std::vector<block> blocks_;
  std::mt19937_64 random_;
  std::string violation_, trace_;
  bool tracing_ = false;
  weakening weakening_;
  std::set<std::string> sites_;
};

// ---- choices ----

unsigned engine::choose(unsigned count) {
  if (count == 1) return 0;
  if (count > digits.size()) fail("too many choices at once: make the test smaller");
  if (depth_ == choices_.size())
    choices_.push_back({limits_.random_executions == 0 ? 0 : static_cast<unsigned>(random_() % count), count});
  choice& c = choices_[depth_++];
  if (c.count == 0) c.count = count;  // replayed
  if (c.count != count || c.taken >= count) fail("the program does not do the same when it is run again");
  return c.taken;
}

bool engine::next_schedule() {
  if (limits_.random_executions != 0) return choices_.clear(), true;
  while (!choices_.empty() && choices_.back().taken + 1 == choices_.back().count) choices_.pop_back();
  if (choices_.empty()) return false;
  ++choices_.back().taken;
  return true;
}

/// Whether everything that can follow was tried already, with at least as many preemptions left.
bool engine::is_known(bool may_stay) {
  if (depth_ != choices_.size() || limits_.random_executions != 0) return false;
  std::uint64_t hash = memory_.hash();
  mix(hash, current_ * 2 + (may_stay ? 1 : 0));
  for (unsigned i = 0; i < count_; ++i) {
    fiber const& f = fibers_[i];
    mix(hash, static_cast<unsigned>(f.now) * 4 + (f.timed ? 2 : 0) + (memory_.stores() > f.stores ? 1 : 0));
    memory_.of(i).add_to(hash);
  }
  auto const [place, is_new] = explored_.try_emplace(hash, preemptions_);
  if (is_new) return false;
  if (place->second <= preemptions_) return true;
  place->second = preemptions_;
  return false;
}

/// Goes on with another thread, or, if it may, with this one. A switch away from a thread that could go on is a
/// preemption, and so is a sleep whose time ends.
void engine::reschedule(bool may_stay) {
  std::array<unsigned, max_threads> candidates;
  unsigned n = 0;
  bool const may_preempt = preemptions_ < limits_.preemptions;
  auto const is_ready = [&](fiber const& f) {
    return f.now == state::ready || (f.now == state::yielded && memory_.stores() > f.stores);
  };
  if (may_stay) candidates[n++] = current_;
  for (unsigned i = 0; i < count_; ++i)
    if (i != current_ && is_ready(fibers_[i]) && (!may_stay || may_preempt)) candidates[n++] = i;
  if (n == 0 && is_ready(me())) candidates[n++] = current_;
  if (n == 0) fail("stuck: every thread sleeps, or waits for another one");
  for (unsigned i = 0; i < count_; ++i)
    if (fibers_[i].now == state::asleep && fibers_[i].timed && may_preempt) candidates[n++] = i;
  if (n > 1 && is_known(may_stay)) leave_execution();

  // At random a thread mostly goes on, or nothing would ever come to its end.
  bool const is_new = limits_.random_executions != 0 && depth_ == choices_.size();
  if (is_new && n > 1 && may_stay && random_() % 4 != 0) choices_.push_back({0, n});
  unsigned const next = candidates[choose(n)];
  bool const ends_sleep = fibers_[next].now == state::asleep;
  if (ends_sleep) fibers_[next].now = state::ready;
  if (ends_sleep || (may_stay && next != current_)) ++preemptions_;
  switch_to(next);
}

void engine::begin_step() {
  if (!fresh_) reschedule(true);
  fresh_ = false;
  memory_.begin_step();
  if (++steps_ > max_steps) fail("endless: a thread goes round and round, and what it waits for never comes");
}

void engine::fail(std::string const& what) {
  violation_ = what;
  leave_execution();
}

// ---- threads ----

void engine::leave_execution() {
  running_ = false;
  _longjmp(loop_, 1);
}

void engine::prepare(unsigned thread, void (*entry)()) {
  fiber& f = fibers_[thread];
  f.now = state::ready;
  f.begun = f.timed = false;
  f.inside = 0;
  f.stores = 0;
  getcontext(&f.entry);
  f.entry.uc_stack.ss_sp = f.stack.data();
  f.entry.uc_stack.ss_size = f.stack.size();
  f.entry.uc_link = nullptr;
  makecontext(&f.entry, entry, 0);
}

void engine::switch_to(unsigned thread) {
  if (thread == current_ && me().begun) return;
  fiber& before = fibers_[std::exchange(current_, thread)];
  memory_.set_thread(thread);
  fresh_ = true;
  if (running_ && _setjmp(before.here) != 0) return;
  running_ = true;
  if (std::exchange(me().begun, true)) _longjmp(me().here, 1);
  setcontext(&me().entry);
}

void engine::run_program() {
  engine& e = the();
  (*e.program_)();
  inside const here;
  for (block const& b : e.blocks_)
    if (!b.freed) e.fail("leak: " + std::to_string(b.size) + " bytes are never freed");
  e.leave_execution();
}

void engine::run_thread() {
  engine& e = the();
  e.me().work.invoke(e.me().work.object);
  inside const here;
  e.memory_.begin_step();
  e.me().now = state::finished;
  bool running = false;
  for (unsigned i = 1; i < e.count_; ++i) running = running || e.fibers_[i].now != state::finished;
  if (!running) e.fibers_[0].now = state::ready;
  e.reschedule(false);
}

void engine::run_threads(detail::call const* calls, unsigned count) {
  if (current_ != 0 || count >= max_threads) fail("parallel: once at a time, from the program, at most 5 threads");
  for (unsigned i = 1; i <= count; ++i) {
    prepare(i, &run_thread);
    fibers_[i].work = calls[i - 1];
    memory_.of(i) = {.known = memory_.of(0).known, .floor = {}, .fenced = {}, .begun = {}, .past = 0};
  }
  memory_.begin_step();
  count_ = count + 1;
  me().now = state::joining;
  reschedule(false);
  for (unsigned i = 1; i < count_; ++i) {
    memory_.of(0).known.join(memory_.of(i).known);
    mix(memory_.of(0).past, memory_.of(i).past);
  }
}

/// The thread goes on once something was stored, and then reads what is there: stores become visible in finite time.
void engine::pause() {
  me().now = state::yielded;
  reschedule(false);
  me().now = state::ready;
  me().stores = memory_.stores();
  memory_.raise_floor();
}

void engine::sleep(void const* at, bool timed) {
  me().now = state::asleep;
  me().sleeps_on = at;
  me().timed = timed;
  reschedule(false);
  me().timed = false;
}

/// Which of several sleepers wakes is a choice.
void engine::wake(void const* at, int count) {
  for (; count > 0; --count) {
    std::array<unsigned, max_threads> sleepers;
    unsigned n = 0;
    for (unsigned i = 0; i < count_; ++i)
      if (fibers_[i].now == state::asleep && fibers_[i].sleeps_on == at) sleepers[n++] = i;
    if (n == 0) return;
    fibers_[sleepers[choose(n)]].now = state::ready;
  }
}

// ---- executions ----

void engine::execute() {
  depth_ = 0;
  preemptions_ = steps_ = 0;
  current_ = 0;
  count_ = 1;
  memory_.reset();
  memory_.set_thread(0);
  prepare(0, &run_program);
  if (_setjmp(loop_) == 0) switch_to(0);
  for (block const& b : blocks_) std::free(b.memory);
  blocks_.clear();
}

verdict engine::explore(limits const& within, std::function<void()> const& program) {
  program_ = &program;
  limits_ = within;
  choices_.clear();
  explored_.clear();
  violation_.clear();
  random_.seed(within.seed);
  if (char const* const text = std::getenv("BEAT_MODEL_WEAKEN")) {  // file:line:column:which:order
    std::array<std::string, 5> parts;
    std::size_t part = 0;
    for (char const c : std::string_view{text}) c == ':' ? static_cast<void>(++part) : parts.at(part).push_back(c);
    auto const number = [&](std::size_t i) { return static_cast<unsigned>(std::atoi(parts[i].c_str())); };
    weakening_ = {parts[0], number(1), number(2), static_cast<int>(number(3))};
    for (int i = 0; i < 6; ++i)
      if (parts[4] == names_of_orders[i]) weakening_.to = static_cast<order>(i);
  }
  if (char const* const text = std::getenv("BEAT_MODEL_PREEMPTIONS"))
    limits_.preemptions = std::min(limits_.preemptions, static_cast<unsigned>(std::atoi(text)));
  char const* const schedule = std::getenv("BEAT_MODEL_SCHEDULE");
  if (schedule != nullptr) {
    limits_.random_executions = 0;
    for (char const c : std::string_view{schedule})
      choices_.push_back({static_cast<unsigned>(c >= 'a' ? c - 'a' + 10 : c - '0'), 0});
  }
  verdict v;
  do {
    execute();
    ++v.executions;
  } while (violation_.empty() && schedule == nullptr && v.executions != within.random_executions && next_schedule());
  if (!violation_.empty()) {
    for (std::size_t i = 0; i < depth_; ++i) v.schedule += digits[choices_[i].taken];
    trace_.clear();
    explored_.clear();
    tracing_ = true;
    execute();  // once more, to see its steps
    tracing_ = false;
    v.violation = violation_;
    v.trace = trace_;
  }
  if (char const* const path = std::getenv("BEAT_MODEL_SITES")) {
    std::ofstream file{path, std::ios::app};
    for (std::string const& s : sites_) file << s << '\n';
  }
  return v;
}

// ---- for the tests of the tests ----

order engine::effective(order o, site const& where, int which, char const* kind) {
  static bool const recording = std::getenv("BEAT_MODEL_SITES") != nullptr;
  if (recording && o != order::relaxed)
    sites_.insert(file_of(where) + ':' + std::to_string(where.line()) + ':' + std::to_string(where.column()) + ':' +
                  std::to_string(which) + ' ' + kind + ' ' + name_of(o));
  if (where.line() != weakening_.line || where.column() != weakening_.column || which != weakening_.which) return o;
  return file_of(where) == weakening_.file ? weakening_.to : o;
}

void engine::tell(char const* what, order o, location const& l, std::uint64_t before, std::uint64_t after,
                  site const& where) {
  if (!tracing_) return;
  char line[200];
  std::snprintf(line, sizeof line, "  thread %u  %-16s %-8s location %-2u  %#llx -> %#llx  (%s:%u)\n", current_, what,
                name_of(o), l.index, static_cast<unsigned long long>(before), static_cast<unsigned long long>(after),
                file_of(where).c_str(), static_cast<unsigned>(where.line()));
  trace_ += line;
}

// ---- the heap ----

void* engine::allocate(std::size_t size, std::size_t alignment) {
  void* const memory = std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
  if (!running_ || me().inside > 0 || memory == nullptr) return memory;
  inside const here;
  blocks_.push_back({memory, size, false});
  return memory;
}

/// What the program frees is not used again before the end of the execution: so a use after free is seen.
void engine::deallocate(void* memory) {
  if (memory == nullptr || !running_) return std::free(memory);
  inside const here;
  for (block& b : blocks_) {
    if (b.memory != memory) continue;
    if (std::exchange(b.freed, true)) fail("memory is freed twice");
    return memory_.destroy_all_in(memory, b.size);
  }
  std::free(memory);
}

}  // namespace

void fail(std::string const& what) { engine::the().fail(what); }

namespace detail {

void run_threads(call const* calls, unsigned count) {
  engine::inside const here;
  engine::the().run_threads(calls, count);
}

void create(void* at, std::uint64_t value) {
  engine::inside const here;
  engine::the().memory_.create(at, value);
}

void destroy(void const* at) {
  engine::inside const here;
  memory& m = engine::the().memory_;
  m.destroy(m.find(at));
}

void use_plain(void const* at, bool writes) {
  engine::inside const here;
  memory& m = engine::the().memory_;
  m.use_plain(m.find(at), writes);
}

std::uint64_t load(void const* at, order o, site const& where) {
  engine::step const here;
  engine& e = engine::the();
  o = e.effective(o, where, 0, "load");
  location& l = e.memory_.find(at);
  std::uint64_t const value = e.memory_.read(l, e.choose_store(l, o, nullptr), o);
  e.tell("load", o, l, value, value, where);
  return value;
}

void store(void const* at, std::uint64_t value, order o, site const& where) {
  engine::step const here;
  engine& e = engine::the();
  o = e.effective(o, where, 0, "store");
  location& l = e.memory_.find(at);
  e.tell("store", o, l, l.last().value, value, where);
  e.memory_.write(l, value, o, {});
}

/// Its place in the order of seq_cst operations is that of its store.
constexpr order to_read_with(order o) { return o == order::seq_cst ? order::acq_rel : o; }

std::uint64_t modify(void const* at, std::uint64_t (*change)(std::uint64_t, std::uint64_t), std::uint64_t argument,
                     order o, site const& where) {
  engine::step const here;
  engine& e = engine::the();
  o = e.effective(o, where, 0, "modify");
  location& l = e.memory_.find(at);
  std::uint64_t const before = e.memory_.read(l, l.count, to_read_with(o));
  std::uint64_t const after = change(before, argument);
  e.tell("modify", o, l, before, after, where);
  e.memory_.write_modified(l, after, o);
  return before;
}

bool compare_exchange(void const* at, std::uint64_t& expected, std::uint64_t desired, order success, order failure,
                      site const& where) {
  engine::step const here;
  engine& e = engine::the();
  success = e.effective(success, where, 0, "modify");
  failure = e.effective(failure, where, 1, "load");
  location& l = e.memory_.find(at);
  unsigned const number = e.choose_store(l, failure, &expected);
  bool const succeeds = number == l.count && l.last().value == expected;
  std::uint64_t const before = e.memory_.read(l, number, succeeds ? to_read_with(success) : failure);
  e.tell(succeeds ? "exchange" : "fail to exchange", succeeds ? success : failure, l, before,
         succeeds ? desired : before, where);
  if (succeeds)
    e.memory_.write_modified(l, desired, success);
  else
    expected = before;
  return succeeds;
}

void light_fence() {
  engine::step const here;
  engine::the().memory_.light_fence();
}

void heavy_fence() {
  engine::step const here;
  engine::the().memory_.heavy_fence();
}

/// The system compares with what was written last, and then the thread can't read anything older.
void futex_wait(void const* at, std::uint64_t expected, bool timed) {
  engine::step const here;
  engine& e = engine::the();
  location& l = e.memory_.find(at);
  if (e.memory_.read(l, l.count, order::relaxed) == expected) e.sleep(at, timed);
}

/// It uses only the address.
void futex_wake(void const* at, int count) {
  engine::step const here;
  engine::the().wake(at, count);
}

void pause() {
  engine::inside const here;
  engine::the().pause();
}

void track(bool on) { engine::the().track(on); }

}  // namespace detail

verdict explore(limits const& within, std::function<void()> const& program) {
  return engine::the().explore(within, program);
}

void expect(bool holds, char const* what) {
  engine::inside const here;
  if (!holds) engine::the().fail(what);
}

void verify(limits const& within, std::function<void()> const& program) {
  verdict const v = explore(within, program);
  std::printf("%llu executions\n", static_cast<unsigned long long>(v.executions));
  if (!v.violation.empty())
    std::printf("%sviolation: %s\nBEAT_MODEL_SCHEDULE=%s\n", v.trace.c_str(), v.violation.c_str(), v.schedule.c_str());
  CHECK(v.violation == "");
  bool whole = true;
  for (char const* const part : {"BEAT_MODEL_SCHEDULE", "BEAT_MODEL_WEAKEN", "BEAT_MODEL_PREEMPTIONS"})
    if (std::getenv(part) != nullptr) whole = false;
  if (whole && v.violation.empty()) CHECK(v.executions >= within.at_least);
}

}  // namespace model

void* operator new(std::size_t size) {
  if (void* const memory = model::engine::the().allocate(size, alignof(std::max_align_t))) return memory;
  throw std::bad_alloc{};
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (void* const memory = model::engine::the().allocate(size, static_cast<std::size_t>(alignment))) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { model::engine::the().deallocate(memory); }
void operator delete(void* memory, std::size_t) noexcept { model::engine::the().deallocate(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { model::engine::the().deallocate(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { model::engine::the().deallocate(memory); }
