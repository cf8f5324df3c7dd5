# SPDX-License-Identifier: MIT
# Bugs that the model tests have to find. Each is a change of a few characters in a header (or in a test, where the bug
# would be its user's), applied to a copy; the kernel's model tests are compiled with that copy and must report a
# violation, with a schedule that shows it again.
#
#   beat_plant(<kernel> <name> <file> <text> <replacement> [<text> <replacement>]...)
#
# <file> is in include/beat, or is `test` for the kernel's own. Each text has to occur exactly once: where the code
# changed, the bug has to be planted anew.

# ---- deque ----

beat_plant(deque take_without_a_fence runtime/deque.hpp
  [==[d.bottom_.store(bottom, std::memory_order_seq_cst); ]==] [==[d.bottom_.store(bottom, std::memory_order_relaxed); ]==]
  [==[d.top_.load(std::memory_order_seq_cst);  // seq_cst: after the]==] [==[d.top_.load(std::memory_order_relaxed);  //]==])
beat_plant(deque take_with_a_weak_fence runtime/deque.hpp
  [==[d.bottom_.store(bottom, std::memory_order_seq_cst); ]==] [==[d.bottom_.store(bottom, std::memory_order_release); ]==]
  [==[d.top_.load(std::memory_order_seq_cst);  // seq_cst: after the]==] [==[d.top_.load(std::memory_order_acquire);  //]==])
beat_plant(deque take_with_a_relaxed_bottom runtime/deque.hpp
  [==[d.bottom_.store(bottom, std::memory_order_seq_cst); ]==] [==[d.bottom_.store(bottom, std::memory_order_relaxed); ]==]
  [==[d.top_.load(std::memory_order_seq_cst);  // seq_cst: after the]==] [==[d.top_.fetch_add(0, std::memory_order_seq_cst);  //]==])
beat_plant(deque take_of_the_last_item_without_cas runtime/deque.hpp
  [==[if (!d.top_.compare_exchange_strong(top, top + 1, std::memory_order_release, std::memory_order_relaxed))
          item = nullptr;]==] [==[d.top_.store(top + 1, std::memory_order_seq_cst);]==])
beat_plant(deque take_with_an_unsigned_index runtime/deque.hpp
  [==[if (top > bottom) {]==] [==[if (static_cast<std::uint64_t>(top) > static_cast<std::uint64_t>(bottom)) {]==])
beat_plant(deque push_without_release runtime/deque.hpp
  [==[d.bottom_.store(bottom + 1, std::memory_order_seq_cst);]==] [==[d.bottom_.store(bottom + 1, std::memory_order_relaxed);]==])
beat_plant(deque steal_without_a_fence runtime/deque.hpp
  [==[d.bottom_.load(std::memory_order_seq_cst);  // seq_cst: after top;]==] [==[d.bottom_.load(std::memory_order_acquire);  //]==])
beat_plant(deque steal_with_a_relaxed_bottom runtime/deque.hpp
  [==[d.bottom_.load(std::memory_order_seq_cst);  // seq_cst: after top;]==] [==[d.bottom_.load(std::memory_order_relaxed);  //]==])
beat_plant(deque steal_without_cas runtime/deque.hpp
  [==[if (!d.top_.compare_exchange_strong(top, top + 1, std::memory_order_release, std::memory_order_relaxed))
        return {steal_status::lost, nullptr};]==] [==[d.top_.store(top + 1, std::memory_order_seq_cst);]==])
beat_plant(deque steal_reads_the_slot_after_its_cas runtime/deque.hpp
  [==[T* const item = r->at(top).load(std::memory_order_relaxed);  // before]==] [==[//]==]
  [==[return {steal_status::stolen, item};]==] [==[return {steal_status::stolen, r->at(top).load(std::memory_order_relaxed)};]==])
beat_plant(deque steal_of_half runtime/deque.hpp
  [==[if (!d.top_.compare_exchange_strong(top, top + 1, std::memory_order_release, std::memory_order_relaxed))
        return {steal_status::lost, nullptr};]==]
  [==[T* const second = bottom - top > 1 ? r->at(top + 1).load(std::memory_order_relaxed) : nullptr;
      if (!d.top_.compare_exchange_strong(top, top + (second == nullptr ? 1 : 2), std::memory_order_seq_cst,
                                          std::memory_order_relaxed))
        return {steal_status::lost, nullptr};
      if (second != nullptr) second->find();]==])
beat_plant(deque ring_freed_while_a_thief_holds_it runtime/deque.hpp
  [==[ring* const bigger = make_ring((old->mask + 1) * 2, old);]==] [==[ring* const bigger = make_ring((old->mask + 1) * 2, nullptr);]==]
  [==[return bigger;]==] [==[::operator delete(old);
    return bigger;]==])
beat_plant(deque grown_ring_published_relaxed runtime/deque.hpp
  [==[ring_.store(bigger, std::memory_order_release);]==] [==[ring_.store(bigger, std::memory_order_relaxed);]==])

# ---- fork stack ----

beat_plant(fork_stack fork_with_a_relaxed_bottom runtime/fork_stack.hpp
  [==[bottom_.store(index + 1, std::memory_order_release);]==] [==[bottom_.store(index + 1, std::memory_order_relaxed);]==])
beat_plant(fork_stack join_with_a_relaxed_bottom runtime/fork_stack.hpp
  [==[bottom_.store(index, std::memory_order_release);]==] [==[bottom_.store(index, std::memory_order_relaxed);]==])
beat_plant(fork_stack join_without_a_fence runtime/fork_stack.hpp
  [==[Atomics::light_fence();]==] [==[]==])
beat_plant(fork_stack join_that_ignores_force runtime/fork_stack.hpp
  [==[return index >= (lower_bottom(index) >> control::split_shift);]==] [==[return index >= control{lower_bottom(index)}.split();]==])
beat_plant(fork_stack take_back_by_a_store runtime/fork_stack.hpp
  [==[next = c.with_split(index);]==] [==[ctl_.store(c.with_split(index).word, std::memory_order_release);
        return joined::kept;]==])
beat_plant(fork_stack force_without_a_heavy_fence runtime/fork_stack.hpp
  [==[bool const fenced = Atomics::heavy_fence() || !Atomics::asymmetric;]==] [==[bool const fenced = true;]==])
beat_plant(fork_stack force_without_the_id_of_the_thief runtime/fork_stack.hpp
  [==[while (c.forced_by(thief_id)) {]==] [==[while ((c.word & control::force) != 0) {]==])
beat_plant(fork_stack slot_given_back_before_it_was_read runtime/fork_stack.hpp
  [==[Job* const job = victim_->slots_[top].load(std::memory_order_relaxed);]==] [==[]==]
  [==[victim_->marks_[top].store(self, std::memory_order_release);]==]
  [==[victim_->marks_[top].store(self, std::memory_order_release);
      Job* const job = victim_->slots_[top].load(std::memory_order_relaxed);]==])
beat_plant(fork_stack slot_used_again_before_the_thief_is_known test
  [==[static_cast<void>(thief_of(index));]==] [==[]==])
beat_plant(fork_stack stack_not_reset_after_a_theft runtime/fork_stack.hpp
  [==[c.without_force().with_split(index).with_top(index).word]==] [==[c.without_force().word]==])
beat_plant(fork_stack mark_left_for_the_next_job runtime/fork_stack.hpp
  [==[marks_[index].store(0, std::memory_order_relaxed);]==] [==[]==])
beat_plant(fork_stack request_cleared_before_the_jobs_are_public runtime/fork_stack.hpp
  [==[std::uint32_t const b = clamp(depth());
    control c{ctl_.load(std::memory_order_relaxed)};]==] [==[std::uint32_t const b = clamp(depth());
    withdraw_request();
    control c{ctl_.load(std::memory_order_relaxed)};]==])
beat_plant(fork_stack publication_without_a_tag runtime/fork_stack.hpp
  [==[((word >> 21) + 1) & 0xff;]==] [==[(word >> 21) & 0xff;]==])

# ---- event count, and its users ----

beat_plant(event_count sleep_without_another_look test
  [==[if (look()) return changed.cancel();]==] [==[]==])
beat_plant(event_count notified_before_it_is_true test
  [==[                    [&] {
                      c.set();
                      c.changed.notify_one();
                    });]==] [==[                    [&] {
                      c.changed.notify_one();
                      c.set();
                    });]==])
beat_plant(event_count woken_before_the_epoch_changes runtime/event_count.hpp
  [==[epoch_.fetch_add(1, std::memory_order_release);]==] [==[Atomics::futex_wake(epoch_, count);]==]
  [==[    Atomics::futex_wake(epoch_, count);
  }]==] [==[    epoch_.fetch_add(1, std::memory_order_release);
  }]==])
beat_plant(event_count epoch_read_before_the_announcement runtime/event_count.hpp
  [==[waiters_.fetch_add(1, std::memory_order_seq_cst);]==] [==[key const early = epoch_.load(std::memory_order_acquire);
    waiters_.fetch_add(1, std::memory_order_seq_cst);
    if (early != key{0} - 1) return early;]==]
  [==[while (epoch_.load(std::memory_order_acquire) == seen) Atomics]==] [==[if (epoch_.load(std::memory_order_acquire) == seen) Atomics]==])

# ---- who ends something touches it no more ----

beat_plant(completion waiter_overwritten_at_the_end runtime/completion.hpp
  [==[std::uint32_t const before = word_.exchange(word, std::memory_order_acq_rel);]==]
  [==[std::uint32_t const before = word_.load(std::memory_order_acquire);
    word_.store(word, std::memory_order_release);]==])
beat_plant(completion follower_set_after_a_look_at_the_end runtime/completion.hpp
  [==[if (word_.compare_exchange_weak(seen, seen | followed, std::memory_order_release, std::memory_order_relaxed))
        return true;]==] [==[word_.store(seen | followed, std::memory_order_release);
      return true;]==])
beat_plant(completion follower_forgotten_by_a_claim runtime/completion.hpp
  [==[if (word_.compare_exchange_weak(seen, seen + running, std::memory_order_relaxed, std::memory_order_relaxed))]==]
  [==[if (word_.compare_exchange_weak(seen, running | (seen & waiting), std::memory_order_relaxed,
                                      std::memory_order_relaxed))]==])
beat_plant(completion follower_told_by_nobody_where_it_has_ended test
  [==[if (!done.follow()) tell();]==] [==[static_cast<void>(done.follow());]==])
beat_plant(completion claimed_without_cas runtime/completion.hpp
  [==[if (word_.compare_exchange_weak(seen, seen + running, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;]==] [==[word_.store(seen + running, std::memory_order_relaxed);
      return true;]==])
beat_plant(job touched_after_its_end runtime/job.hpp
  [==[word_.store(static_cast<std::uintptr_t>(mark), std::memory_order_seq_cst);]==]
  [==[word_.store(static_cast<std::uintptr_t>(mark), std::memory_order_seq_cst);
    static_cast<void>(failed());]==])
beat_plant(tally touched_after_its_end runtime/tally.hpp
  [==[return word_.fetch_sub(one, std::memory_order_acq_rel) == (one | waited_for);]==]
  [==[word_.fetch_sub(one, std::memory_order_acq_rel);
    return word_.load(std::memory_order_relaxed) == waited_for;]==])
beat_plant(tally announced_without_another_look runtime/tally.hpp
  [==[return word_.fetch_or(waited_for, std::memory_order_acq_rel) < one;]==]
  [==[return word_.fetch_or(waited_for, std::memory_order_acq_rel) == waited_for;]==])

# ---- shutdown ----

beat_plant(gate task_let_in_after_a_look_at_the_gate runtime/gate.hpp
  [==[} while (!admitted_.compare_exchange_weak(seen, seen + count * one, std::memory_order_relaxed,
                                              std::memory_order_relaxed));]==]
  [==[} while (false);
    admitted_.fetch_add(count * one, std::memory_order_relaxed);]==])
beat_plant(gate quiet_that_misses_a_task_posted_meanwhile runtime/gate.hpp
  [==[std::uint64_t const done = finished_.load(std::memory_order_seq_cst);
    return done == admitted();]==] [==[std::uint64_t const all = admitted();
    return finished_.load(std::memory_order_seq_cst) == all;]==])

# ---- turnstile ----

beat_plant(turnstile entered_after_a_look_at_the_cell runtime/turnstile.hpp
  [==[if (here.word.exchange(reinterpret_cast<std::uintptr_t>(item), std::memory_order_acq_rel) != turn) return false;]==]
  [==[if (here.word.load(std::memory_order_acquire) != turn) {
      here.word.store(reinterpret_cast<std::uintptr_t>(item), std::memory_order_release);
      return false;
    }]==])
beat_plant(turnstile cell_not_set_back_by_who_enters runtime/turnstile.hpp
  [==[here.word.store(0, std::memory_order_relaxed);]==] [==[]==])
beat_plant(turnstile cell_not_set_back_by_who_leaves runtime/turnstile.hpp
  [==[next.word.store(0, std::memory_order_relaxed);]==] [==[]==])
beat_plant(turnstile a_cell_too_few test
  [==[capacity = Items;]==] [==[capacity = Items - 1;]==])

# ---- inbox, depot ----

beat_plant(inbox taken_by_a_store runtime/inbox.hpp
  [==[rest = reversed(newest_.exchange(nullptr, std::memory_order_acq_rel));]==]
  [==[rest = reversed(newest_.load(std::memory_order_acquire)), newest_.store(nullptr, std::memory_order_release);]==])
beat_plant(inbox unlocked_before_the_rest_is_stored runtime/inbox.hpp
  [==[    oldest_.store(rest, std::memory_order_seq_cst);
    locked_.store(0, std::memory_order_release);]==]
  [==[    locked_.store(0, std::memory_order_release);
    oldest_.store(rest, std::memory_order_seq_cst);]==])
beat_plant(node_depot lock_taken_in_two_steps memory/node_depot.hpp
  [==[&& !locked_.exchange(true, std::memory_order_acquire);]==]
  [==[&& (locked_.store(true, std::memory_order_relaxed), true);]==])
beat_plant(node_depot untagged_list memory/node_depot.hpp
  [==[if (!try_lock()) return nullptr;]==]
  [==[Node* head = head_.load(std::memory_order_acquire);
    while (head != nullptr && !head_.compare_exchange_weak(head, head->next.load(std::memory_order_relaxed),
                                                           std::memory_order_acquire, std::memory_order_acquire)) {
    }
    return head;]==]
  [==[if (!try_lock()) return false;]==]
  [==[Node* head = head_.load(std::memory_order_relaxed);
    do chain->next.store(head, std::memory_order_relaxed);
    while (!head_.compare_exchange_weak(head, chain, std::memory_order_release, std::memory_order_relaxed));
    return true;]==]
  [==[alignas(cache_line) atomic<bool> locked_{false};]==]
  [==[atomic<Node*> head_{nullptr};
  atomic<bool> locked_{false};]==])

# ---- bounded queues ----

beat_plant(places sleep_without_another_look runtime/places.hpp
  [==[      if (place const got = try_take(); got != place::none) {
        freed_.cancel();
        return got;
      }
      freed_.wait(key);]==] [==[      freed_.wait(key);]==])
beat_plant(places told_before_it_is_free runtime/places.hpp
  [==[    if (is_free(before - one)) freed_.notify_one();]==] [==[]==]
  [==[    std::int64_t const before = word_.fetch_sub(one, std::memory_order_seq_cst);]==]
  [==[    freed_.notify_one();
    word_.fetch_sub(one, std::memory_order_seq_cst);]==])
beat_plant(places nobody_told_of_the_end runtime/places.hpp
  [==[    freed_.notify_all();]==] [==[]==])
beat_plant(places one_place_more_than_there_are runtime/places.hpp
  [==[return word / one < static]==] [==[return word / one <= static]==])

# ---- sleep and wake ----

beat_plant(roster wake_up_flag_left_set_by_a_sleeper runtime/roster.hpp
  [==[    // seq_cst: before the caller's last look; pairs with wake()
    dormitories_[home].waking.store(false, std::memory_order_seq_cst);]==] [==[]==])
beat_plant(roster nobody_to_call runtime/roster.hpp
  [==[if (!dormitories_[home].sleepers.has_waiters() || saturated()) return false;]==]
  [==[if (saturated()) return false;]==])
beat_plant(roster only_the_home_is_woken runtime/roster.hpp
  [==[      if (!d.sleepers.has_waiters()) continue;]==] [==[      if (!d.sleepers.has_waiters()) return;]==])
beat_plant(roster one_flag_for_all_homes runtime/roster.hpp
  [==[if (!d.waking.exchange(true, std::memory_order_seq_cst)) d.sleepers.notify_one();]==]
  [==[if (!dormitories_[0].waking.exchange(true, std::memory_order_seq_cst)) d.sleepers.notify_one();]==])
beat_plant(roster search_at_another_home_than_where_it_slept test
  [==[      people_.begin_search(home);
      bool const found = sees_work(home)]==]
  [==[      if (told != nullptr) home = told->load(std::memory_order_seq_cst);
      people_.begin_search(home);
      bool const found = sees_work(home)]==])
beat_plant(roster work_of_a_sleeping_neighbour_forgotten test
  [==[if (alone && sees_work(home)) people_.work_arrived(home);]==] [==[static_cast<void>(alone);]==])
beat_plant(roster permit_that_became_free_unnoticed runtime/roster.hpp
  [==[return saturated();
  }

  /// Whether more]==] [==[return true;
  }

  /// Whether more]==])
beat_plant(roster permit_more_that_no_sleeper_is_told_of runtime/roster.hpp
  [==[if (permits_.exchange(permits, std::memory_order_seq_cst) < permits) wake_all();]==]
  [==[permits_.store(permits, std::memory_order_seq_cst);]==])
beat_plant(roster permit_more_after_the_call runtime/roster.hpp
  [==[if (permits_.exchange(permits, std::memory_order_seq_cst) < permits) wake_all();]==]
  [==[wake_all();
    permits_.store(permits, std::memory_order_seq_cst);]==])
beat_plant(roster thread_that_blocks_after_a_look_at_the_permits runtime/roster.hpp
  [==[return unblocked_.fetch_sub(1, std::memory_order_seq_cst) <= permits_.load(std::memory_order_seq_cst);]==]
  [==[std::uint32_t const most = permits_.load(std::memory_order_seq_cst);
    return unblocked_.fetch_sub(1, std::memory_order_seq_cst) <= most;]==])
beat_plant(roster permit_handed_over_to_nobody runtime/roster.hpp
  [==[if (missed || (others && !is_watched())) work_arrived();]==] [==[static_cast<void>(others && missed);]==])
beat_plant(roster deferred_work_forgotten_late runtime/roster.hpp
  [==[if (missed) deferred_.store(false, std::memory_order_seq_cst);]==]
  [==[if (missed) deferred_.store(false, std::memory_order_relaxed);]==])
beat_plant(roster searcher_not_counted runtime/roster.hpp
  [==[return searching_.fetch_sub(1, std::memory_order_seq_cst) == 1;]==] [==[return true;]==])
beat_plant(roster sleep_without_another_look test
  [==[if (!arrivals_.empty() && !people_.defer())]==] [==[if (false)]==])
beat_plant(roster rest_of_a_batch_that_nobody_saw test
  [==[if (!arrivals_.empty()) people_.work_arrived();]==] [==[]==])
beat_plant(roster last_look_at_one_level test
  [==[      bool const is_left = sees_work();  // at all levels]==] [==[      bool const is_left = has(1);]==])
