#pragma once
// SPDX-License-Identifier: MIT
// The only header that knows libnuma: pages with a policy, and the node on which a page lies. It is used where
// BEAT_WITH_NUMA is defined as 1, which needs libnuma (link with -lnuma), on Linux and without BEAT_PORTABLE. Otherwise
// each function has the fall-back that its comment names. Users get numa_resource from numa_resource.hpp.

#include <algorithm>
#include <beat/base/config.hpp>
#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <cstddef>
#include <span>
#include <system_error>

#if defined(BEAT_WITH_NUMA)
#if BEAT_WITH_NUMA && BEAT_HAS_LINUX()
#define BEAT_HAS_NUMA() 1
#endif
#endif
#if !defined(BEAT_HAS_NUMA)
#define BEAT_HAS_NUMA() 0
#endif

#if BEAT_HAS_NUMA()
#include <numa.h>
#include <numaif.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#endif

namespace beat::inline v0 {

/// Where the pages of a numa_resource lie.
enum class numa_policy {
  /// On the node, and nowhere else.
  bind,
  /// On the node while it has room, then elsewhere.
  preferred,
  /// On all nodes that this process may use, in turns; the node that was named does not matter.
  interleave,
};

/// How large the pages of a numa_resource are.
enum class page_size {
  normal,
  /// What the system calls transparent huge pages, where it grants them; memory is taken in their units.
  huge,
};

namespace detail::numa {

// The least unit of memory. A huge page is taken for 2 MiB, which is right for x86-64, and for arm64 with small pages.
inline constexpr std::size_t huge_page = std::size_t{2} << 20U;

#if BEAT_HAS_NUMA()

[[nodiscard]] inline std::size_t unit(page_size size) noexcept {
  return size == page_size::huge ? huge_page : static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Fresh pages, or null. `bytes` is a multiple of the unit, to which the pages are aligned.
[[nodiscard]] inline void* map(std::size_t bytes, page_size size) noexcept {
  std::size_t const spare = size == page_size::huge ? huge_page : 0;
  if (bytes + spare < bytes) return nullptr;
  void* const pages =
      ::mmap(nullptr, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  if (spare == 0) return pages;
  auto* const begin = static_cast<std::byte*>(pages);
  std::size_t const before = (spare - reinterpret_cast<std::size_t>(begin) % spare) % spare;
  if (before != 0) ::munmap(begin, before);
  ::munmap(begin + before + bytes, spare - before);
  ::madvise(begin + before, bytes, MADV_HUGEPAGE);
  return begin + before;
}

inline void unmap(void* pages, std::size_t bytes) noexcept { ::munmap(pages, bytes); }

/// Sets the policy of pages that nobody touched. False where the system has no NUMA or refuses; the pages are ordinary
/// ones then. Source: mbind(2).
[[nodiscard]] inline bool bind(void* pages, std::size_t bytes, unsigned node, numa_policy policy) noexcept {
  if (::numa_available() < 0) return false;
  ::bitmask* const nodes = ::numa_allocate_nodemask();
  if (policy == numa_policy::interleave) {
    ::copy_bitmask_to_bitmask(::numa_all_nodes_ptr, nodes);
  } else if (node < nodes->size) {
    ::numa_bitmask_setbit(nodes, node);
  }
  int const mode = policy == numa_policy::bind        ? MPOL_BIND
                   : policy == numa_policy::preferred ? MPOL_PREFERRED
                                                      : MPOL_INTERLEAVE;
  // An empty set would mean the default policy to the system, and is no success.
  bool const bound =
      ::numa_bitmask_weight(nodes) != 0 && ::mbind(pages, bytes, mode, nodes->maskp, nodes->size + 1, 0) == 0;
  ::numa_free_nodemask(nodes);
  return bound;
}

/// Source: move_pages(2).
[[nodiscard]] inline expected<unsigned> node_of(void const* place) {
  void* page = const_cast<void*>(place);
  int status = 0;
  if (::numa_available() < 0) return unexpected{make_error_code(errc::not_supported)};
  if (::move_pages(0, 1, &page, nullptr, &status, 0) != 0) return unexpected{{errno, std::system_category()}};
  if (status < 0) return unexpected{{-status, std::system_category()}};
  return static_cast<unsigned>(status);
}

/// The same for many places in one call, a sixth of the price each: -1 where node_of() would be an error.
inline void nodes_of(std::span<void*> places, std::span<int> nodes) noexcept {
  if (::numa_available() < 0 || ::move_pages(0, places.size(), places.data(), nullptr, nodes.data(), 0) != 0)
    std::fill(nodes.begin(), nodes.end(), -1);
  for (int& node : nodes) node = std::max(node, -1);
}

#else

[[nodiscard]] inline std::size_t unit(page_size size) noexcept { return size == page_size::huge ? huge_page : 4096; }

/// Here there are no pages of our own.
[[nodiscard]] inline void* map(std::size_t, page_size) noexcept { return nullptr; }
inline void unmap(void*, std::size_t) noexcept {}
/// Here always false.
[[nodiscard]] inline bool bind(void*, std::size_t, unsigned, numa_policy) noexcept { return false; }
/// Here always not_supported.
[[nodiscard]] inline expected<unsigned> node_of(void const*) {
  return unexpected{make_error_code(errc::not_supported)};
}
/// Here always -1.
inline void nodes_of(std::span<void*>, std::span<int> nodes) noexcept { std::fill(nodes.begin(), nodes.end(), -1); }

#endif

}  // namespace detail::numa

/// The system's number of the node on which the page of `place` lies. An error where nobody touched the page yet, where
/// there is no such page, or where this build or machine can't tell (not_supported).
[[nodiscard]] inline expected<unsigned> node_of(void const* place) { return detail::numa::node_of(place); }

}  // namespace beat::inline v0
