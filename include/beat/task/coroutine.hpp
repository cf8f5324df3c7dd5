#pragma once
// SPDX-License-Identifier: MIT
// Coroutines on a pool: task<T>, schedule, awaiting futures, when_all, sync_wait, async_scope. Not a part of beat.hpp,
// as <coroutine> and its users' frames cost time to compile: include it beside that one.
// A future of pcall, and a lock, belong to a thread: don't hold them across a co_await.

#include <beat/task/async_scope.hpp>
#include <beat/task/coroutine_task.hpp>
#include <beat/task/schedule.hpp>
#include <beat/task/sync_wait.hpp>
