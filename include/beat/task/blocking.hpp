#pragma once
// SPDX-License-Identifier: MIT
// blocking: how a task sleeps in the kernel without a CPU that idles meanwhile.

#include <concepts>
#include <type_traits>
#include <utility>

#include <beat/runtime/waiting.hpp>

namespace beat::inline v0 {

/// Calls `f`, which is going to block: in the system, on a lock, for a while. Meanwhile another thread of the pool runs
/// tasks in the place of this one; it is started where there is none, up to 256 a pool. Outside of pools this is a
/// plain call. What `f` itself runs on this thread runs beside as many tasks as the pool has workers.
/// *Throws:* what `f` throws. *Complexity:* as a wait that blocks, some microseconds.
template <std::invocable F>
std::invoke_result_t<F> blocking(F&& f) {
  detail::blocked_scope const blocked;
  return std::forward<F>(f)();
}

}  // namespace beat::inline v0
