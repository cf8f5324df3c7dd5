#pragma once
// SPDX-License-Identifier: MIT
// The only header of observe that knows an operating system: counters of the calling thread, by perf_event_open(2).
// With BEAT_PORTABLE, or off Linux, there are none. perf_counters.hpp is the public face.

#include <beat/base/config.hpp>
#include <beat/base/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#if BEAT_HAS_LINUX()
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <beat/base/assert.hpp>
#include <beat/topology/platform.hpp>
#include <cerrno>
#include <utility>
#include <vector>
#endif

namespace beat::inline v0::detail {

// What to count, in the numbers of the kernel.
struct perf_source {
  enum class kind : std::uint32_t { hardware = 0, software = 1 };
  kind type;
  std::uint64_t number;
  bool counts_kernel;  // and not only what happens in user mode
};

// What a counter said at one moment, since it was opened.
struct perf_sample {
  std::uint64_t value = 0;
  std::chrono::nanoseconds enabled{};  // for how long it was to count
  std::chrono::nanoseconds running{};  // for how long it did: it may have to share the hardware with others

  [[nodiscard]] friend bool operator==(perf_sample const&, perf_sample const&) = default;
};

#if BEAT_HAS_LINUX()

// The kernel's perf_event_attr in its first version, so that no <linux/...> header and its macros reach the user.
struct perf_attributes {
  std::uint32_t type;
  std::uint32_t size;
  std::uint64_t config;
  std::uint64_t sample_period;
  std::uint64_t sample_type;
  std::uint64_t read_format;
  std::uint64_t disabled : 1, inherit : 1, pinned : 1, exclusive : 1, exclude_user : 1, exclude_kernel : 1,
      exclude_hypervisor : 1, others : 57;
  std::uint32_t wakeup_events;
  std::uint32_t breakpoint_type;
  std::uint64_t config1;
};
static_assert(sizeof(perf_attributes) == 64, "the kernel knows the version by its size");

// Counters that count at the same times, of the thread which added them, from enable() until they are destroyed: two
// samples and their difference do for start and stop.
class perf_group {
 public:
  static constexpr std::size_t most_counters = 3;

  // The new counter's samples go to the given position of what read() fills. The error is the kernel's reason to
  // refuse; the other counters are not affected.
  [[nodiscard]] std::error_code add(perf_source const& source, std::size_t position) {
    BEAT_ASSERT(counters_.size() < most_counters, "a group of counters is full; use another");
    constexpr std::uint64_t with_times_of_whole_group = 1 | 2 | 8;
    constexpr unsigned long close_on_exec = 8;
    constexpr int this_thread = 0;
    constexpr int any_cpu = -1;
    perf_attributes attributes{};
    attributes.type = static_cast<std::uint32_t>(source.type);
    attributes.size = sizeof attributes;
    attributes.config = source.number;
    attributes.read_format = with_times_of_whole_group;
    // The first leads the others. One that is added to a leader which counts already may miss what comes at first.
    attributes.disabled = counters_.empty() ? 1 : 0;
    attributes.exclude_kernel = source.counts_kernel ? 0 : 1;
    attributes.exclude_hypervisor = 1;
    int const leader = counters_.empty() ? -1 : counters_.front().file.get();
    counters_.reserve(most_counters);
    file_descriptor file{
        static_cast<int>(::syscall(SYS_perf_event_open, &attributes, this_thread, any_cpu, leader, close_on_exec))};
    if (!file) {
      return {errno, std::system_category()};
    }
    counters_.push_back({std::move(file), position});
    return {};
  }

  // To be called once all are added.
  void enable() const noexcept {
#if defined(__mips__) || defined(__powerpc__) || defined(__sparc__) || defined(__alpha__)
    constexpr unsigned long enable_counter = 0x2000'2400;
#else
    constexpr unsigned long enable_counter = 0x2400;
#endif
    if (!counters_.empty()) {
      ::syscall(SYS_ioctl, counters_.front().file.get(), enable_counter, 0);
    }
  }

  // Samples all counters at once. Whatever can't be read stays as it is.
  void read(std::span<perf_sample> samples) const noexcept {
    if (counters_.empty()) {
      return;
    }
    std::array<std::uint64_t, 3 + most_counters> words{};  // how many, enabled, running, a value of each
    auto const bytes = ::read(counters_.front().file.get(), words.data(), sizeof words);
    if (bytes != static_cast<::ssize_t>((3 + counters_.size()) * sizeof words[0])) {
      return;
    }
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      samples[counters_[i].position] = {words[3 + i], std::chrono::nanoseconds{words[1]},
                                        std::chrono::nanoseconds{words[2]}};
    }
  }

 private:
  struct counter {
    file_descriptor file;
    std::size_t position;
  };

  std::vector<counter> counters_;
};

#else

class perf_group {
 public:
  [[nodiscard]] std::error_code add(perf_source const&, std::size_t) { return make_error_code(errc::not_supported); }
  void enable() const noexcept {}
  void read(std::span<perf_sample>) const noexcept {}
};

#endif

}  // namespace beat::inline v0::detail
