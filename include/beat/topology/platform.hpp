#pragma once
// SPDX-License-Identifier: MIT
// What an operating system does for the calling thread: affinity, its name and its signal mask. With BEAT_PORTABLE, or
// off Linux, each function has the fall-back that its comment names.
// Users get binding and naming from binding.hpp; the pool uses detail::block_signals while it starts workers.

#include <algorithm>
#include <beat/base/config.hpp>
#include <beat/base/error.hpp>
#include <beat/topology/cpu_set.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#if BEAT_HAS_LINUX()
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>
#include <cerrno>
#include <utility>
#include <vector>
#endif

namespace beat::inline v0 {

namespace detail {

// What the standard library alone says about the machine; it may answer 0 for "unknown".
[[nodiscard]] inline cpu_set all_hardware_threads() {
  return cpu_set::first_cpus(std::max(1U, std::thread::hardware_concurrency()));
}

// Linux keeps 16 bytes for a thread's name, the final zero included.
inline constexpr std::size_t thread_name_bytes = 16;

// The longest front part of `name` with at most `limit` bytes that does not end inside a UTF-8 character.
[[nodiscard]] inline std::string_view utf8_prefix(std::string_view name, std::size_t limit) noexcept {
  if (name.size() <= limit) {
    return name;
  }
  std::size_t length = limit;
  while (length != 0 && (static_cast<unsigned char>(name[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  return name.substr(0, length);
}

}  // namespace detail

#if BEAT_HAS_LINUX()

namespace detail {

// Owns a file that the kernel knows by a number; -1 is none. It is there on Linux only.
class file_descriptor {
 public:
  file_descriptor() noexcept = default;
  explicit file_descriptor(int number) noexcept : number_{number} {}
  file_descriptor(file_descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~file_descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }

  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_ = -1;
};

// The kernel's affinity mask is an array of native words; this builds and reads it without the macros of <sched.h>.
class affinity_mask {
 public:
  explicit affinity_mask(std::size_t bits) : words_((bits + word_bits - 1) / word_bits) {}

  explicit affinity_mask(cpu_set const& cpus) {
    for (unsigned const cpu : cpus) {
      std::size_t const word = cpu / word_bits;
      words_.resize(std::max(words_.size(), word + 1));
      words_[word] |= 1UL << (cpu % word_bits);
    }
  }

  [[nodiscard]] cpu_set to_cpu_set() const {
    cpu_set cpus;
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::size_t bit = 0; bit < word_bits; ++bit) {
        if (((words_[word] >> bit) & 1UL) != 0) {
          cpus.add(static_cast<unsigned>(word * word_bits + bit));
        }
      }
    }
    return cpus;
  }

  // Both return 0 or an errno. Off Linux there is none to read, and to apply one does nothing.
  [[nodiscard]] int read_from_this_thread() noexcept {
    return ::sched_getaffinity(0, bytes(), reinterpret_cast<::cpu_set_t*>(words_.data())) == 0 ? 0 : errno;
  }
  int apply_to(::pthread_t thread) const noexcept {
    return ::pthread_setaffinity_np(thread, bytes(), reinterpret_cast<::cpu_set_t const*>(words_.data()));
  }

 private:
  static constexpr std::size_t word_bits = 8 * sizeof(unsigned long);

  [[nodiscard]] std::size_t bytes() const noexcept { return words_.size() * sizeof(unsigned long); }

  std::vector<unsigned long> words_;
};

}  // namespace detail

/// The CPUs on which the calling thread may run. Off Linux: all that std::thread::hardware_concurrency() counts.
/// Source: sched_getaffinity(2).
[[nodiscard]] inline cpu_set this_thread_affinity() {
  // The kernel refuses a mask that is too small for the CPUs which it supports, and does not say how large it must be.
  for (std::size_t bits = 1024; bits <= cpu_set::max_index; bits *= 2) {
    detail::affinity_mask mask{bits};
    int const failure = mask.read_from_this_thread();
    if (failure == 0) {
      cpu_set cpus = mask.to_cpu_set();
      return cpus.empty() ? detail::all_hardware_threads() : cpus;
    }
    if (failure != EINVAL) {
      break;
    }
  }
  return detail::all_hardware_threads();
}

/// The CPU that runs the calling thread at this moment. Off Linux, or where the kernel does not tell: 0.
[[nodiscard]] inline unsigned current_cpu() noexcept {
  int const cpu = ::sched_getcpu();
  return cpu < 0 ? 0U : static_cast<unsigned>(cpu);
}

/// The calling thread's name as the operating system shows it. Off Linux: empty.
[[nodiscard]] inline std::string this_thread_name() {
  char name[detail::thread_name_bytes] = {};
  return ::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 ? std::string{name} : std::string{};
}

namespace detail {

using thread_handle = ::pthread_t;
[[nodiscard]] inline thread_handle this_thread_handle() noexcept { return ::pthread_self(); }

// Off Linux: errc::not_supported.
[[nodiscard]] inline std::error_code set_affinity(thread_handle thread, cpu_set const& cpus) {
  if (cpus.empty()) {
    return make_error_code(errc::invalid_argument);
  }
  return {affinity_mask{cpus}.apply_to(thread), std::system_category()};
}

// Keeps the first 15 bytes, or fewer so that no UTF-8 character is cut. Off Linux: does nothing.
inline void name_this_thread(std::string_view name) noexcept {
  char text[thread_name_bytes] = {};
  std::string_view const kept = utf8_prefix(name, thread_name_bytes - 1);
  kept.copy(text, kept.size());
  ::pthread_setname_np(::pthread_self(), text);
}

// Blocks every asynchronous signal in the calling thread until the end of the scope; threads started meanwhile inherit
// that. Signals that report a thread's own fault stay deliverable: a blocked one would kill without any handler.
// Off Linux: does nothing.
class [[nodiscard("signals are blocked only as long as this object lives")]] block_signals {
 public:
  block_signals() noexcept {
    ::sigset_t asynchronous;
    ::sigfillset(&asynchronous);
    for (int const fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
      ::sigdelset(&asynchronous, fault);
    }
    ::pthread_sigmask(SIG_BLOCK, &asynchronous, &before_);
  }
  ~block_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  block_signals(block_signals const&) = delete;
  block_signals& operator=(block_signals const&) = delete;

 private:
  ::sigset_t before_;
};

}  // namespace detail

#else

/// The CPUs on which the calling thread may run: here, all that std::thread::hardware_concurrency() counts.
[[nodiscard]] inline cpu_set this_thread_affinity() { return detail::all_hardware_threads(); }

/// The CPU that runs the calling thread at this moment: here, always 0.
[[nodiscard]] inline unsigned current_cpu() noexcept { return 0; }

/// The calling thread's name as the operating system shows it: here, always empty.
[[nodiscard]] inline std::string this_thread_name() { return {}; }

namespace detail {

using thread_handle = std::thread::native_handle_type;
[[nodiscard]] inline thread_handle this_thread_handle() noexcept { return {}; }

class affinity_mask {
 public:
  explicit affinity_mask(cpu_set const&) noexcept {}
  int apply_to(thread_handle) const noexcept { return 0; }
};

[[nodiscard]] inline std::error_code set_affinity(thread_handle, cpu_set const& cpus) {
  return make_error_code(cpus.empty() ? errc::invalid_argument : errc::not_supported);
}

inline void name_this_thread(std::string_view) noexcept {}

class [[nodiscard("signals are blocked only as long as this object lives")]] block_signals {
 public:
  block_signals() noexcept {}
  ~block_signals() {}

  block_signals(block_signals const&) = delete;
  block_signals& operator=(block_signals const&) = delete;
};

}  // namespace detail

#endif

}  // namespace beat::inline v0
