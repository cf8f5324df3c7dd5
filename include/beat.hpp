#pragma once
// SPDX-License-Identifier: MIT
// Everything in beat that needs no third-party header, beside those of hwloc and libnuma where BEAT_WITH_HWLOC and
// BEAT_WITH_NUMA ask for them.

#include <beat/algorithm/for_each.hpp>
#include <beat/algorithm/for_each_by_node.hpp>
#include <beat/algorithm/map.hpp>
#include <beat/algorithm/reduce.hpp>
#include <beat/algorithm/sort.hpp>
#include <beat/base/assert.hpp>
#include <beat/base/atomics.hpp>
#include <beat/base/backoff.hpp>
#include <beat/base/cache_line.hpp>
#include <beat/base/error.hpp>
#include <beat/base/expected.hpp>
#include <beat/base/random.hpp>
#include <beat/base/unique_function.hpp>
#include <beat/memory/allocation_usage.hpp>
#include <beat/memory/cache_aligned_resource.hpp>
#include <beat/memory/numa_resource.hpp>
#include <beat/memory/object_pool.hpp>
#include <beat/memory/padded.hpp>
#include <beat/memory/slab_resource.hpp>
#include <beat/memory/usage.hpp>
#include <beat/observe/counters.hpp>
#include <beat/observe/perf_counters.hpp>
#include <beat/runtime/admission.hpp>
#include <beat/runtime/pool.hpp>
#include <beat/task/future.hpp>
#include <beat/task/graph.hpp>
#include <beat/task/join.hpp>
#include <beat/task/pcall.hpp>
#include <beat/task/pcall_each.hpp>
#include <beat/task/pcall_on.hpp>
#include <beat/task/pipeline.hpp>
#include <beat/task/place.hpp>
#include <beat/task/run.hpp>
#include <beat/task/submit.hpp>
#include <beat/task/task_group.hpp>
#include <beat/topology/binding.hpp>
#include <beat/topology/discover.hpp>
#include <beat/topology/limits.hpp>
#include <beat/topology/pressure.hpp>
#include <beat/topology/synthetic.hpp>
#include <beat/topology/to_string.hpp>
#include <beat/version.hpp>
