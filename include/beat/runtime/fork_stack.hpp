#pragma once
// SPDX-License-Identifier: MIT
// The fork stack: jobs that live on the C++ stack, private to their owner until a thief asks for them.
// Kernel (states and proof: README.md, "Fork stack"). Invariant: [0, top) is taken, [top, split) is public,
// [split, bottom) is private, and a slot is reused only after the job in it was joined.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <beat/base/cache_line.hpp>
#include <beat/base/config.hpp>
#include <beat/runtime/steal_status.hpp>

namespace beat::inline v0 {

/// Whether the owner still has the job that it joins.
enum class joined : std::uint8_t { kept, taken };

template <class Job, class Atomics>
class fork_stack {
  template <class T>
  using atomic = typename Atomics::template atomic<T>;

 public:
  using slot = atomic<Job*>;
  using mark = atomic<std::uint64_t>;

  /// The state of `ctl`:
  ///   63     FORCE  a thief announced a forced publication
  ///   62-49  thief  who announced it; 0 without FORCE
  ///   48-29  split  jobs below it are public or taken
  ///   28-21  tag    counts publications, so that a leapfrogging thief notices a new one
  ///   20-1   top    jobs below it are taken
  ///   0      SOFT   a thief asks the owner to publish at its next fork
  struct control {
    std::uint64_t word;

    static constexpr std::uint64_t soft = 1;
    static constexpr std::uint64_t force = std::uint64_t{1} << 63;
    static constexpr unsigned split_shift = 29;
    static constexpr std::uint32_t index_mask = (1U << 20) - 1;

    constexpr std::uint32_t top() const noexcept { return static_cast<std::uint32_t>(word >> 1) & index_mask; }
    constexpr std::uint32_t split() const noexcept {
      return static_cast<std::uint32_t>(word >> split_shift) & index_mask;
    }
    constexpr std::uint32_t tag() const noexcept { return static_cast<std::uint32_t>(word >> 21) & 0xff; }
    constexpr bool has_public() const noexcept { return top() < split(); }
    constexpr bool is_requested() const noexcept { return (word & soft) != 0; }
    constexpr bool forced_by(std::uint32_t thief) const noexcept { return (word >> 49) == ((force >> 49) | thief); }
    constexpr control without_force() const noexcept { return {word & ((std::uint64_t{1} << 49) - 1)}; }
    constexpr control forced(std::uint32_t thief) const noexcept {
      return {without_force().word | force | (std::uint64_t{thief} << 49)};
    }
    constexpr control with_split(std::uint32_t split) const noexcept {
      return {(word & ~(std::uint64_t{index_mask} << split_shift)) | (std::uint64_t{split} << split_shift)};
    }
    constexpr control with_top(std::uint32_t top) const noexcept {
      return {(word & ~(std::uint64_t{index_mask} << 1)) | (std::uint64_t{top} << 1)};
    }
    /// Raises `split`, answers the request and counts the publication.
    constexpr control published(std::uint32_t split) const noexcept {
      std::uint64_t const tag = ((word >> 21) + 1) & 0xff;
      return {(with_split(split).without_force().word & ~(std::uint64_t{0xff} << 21) & ~soft) | (tag << 21)};
    }
  };

  static constexpr std::uint32_t max_capacity = control::index_mask;
  static constexpr std::uint32_t max_thieves = (1U << 14) - 1;

  /// A stack without slots: it counts jobs, and publishes none. `request` makes the first fork report a request.
  constexpr explicit fork_stack(bool request) noexcept : ctl_{request ? control::soft : 0} {}

  /// A stack of `capacity` slots and marks.
  fork_stack(slot* slots, mark* marks, std::uint32_t capacity) noexcept
      : limit_{capacity}, slots_{slots}, marks_{marks}, ctl_{0} {}

  fork_stack(fork_stack const&) = delete;
  fork_stack& operator=(fork_stack const&) = delete;

  // ---- the owner's side ----

  /// Forks `job` and returns its index; then the owner looks whether sharing is_requested(). Where the stack is full
  /// the job stays private, and needs no slot.
  BEAT_FORCE_INLINE std::uint32_t push(Job* job) noexcept {
    std::uint32_t const b = depth();
    if (b < limit_) [[likely]]
      slots_[b].store(job, std::memory_order_relaxed);
    push_again(b);
    return b;
  }

  /// Forks once more the job at `index`, which was joined last and kept. Its owner may have changed it meanwhile.
  BEAT_FORCE_INLINE void push_again(std::uint32_t index) noexcept {
    bottom_.store(index + 1, std::memory_order_release);  // release: slot and job; pairs with the load in force()
  }

  /// Whether a thief waits for the owner to serve().
  BEAT_FORCE_INLINE bool is_requested() const noexcept {
    return control{ctl_.load(std::memory_order_relaxed)}.is_requested();
  }

  /// Joins the youngest job, which is at `index`, in two steps: true where it is private and nobody forces; otherwise
  /// call `reclaim`. That depth() - 1 is the same number does not help: a load of what was just stored takes some eight
  /// cycles on many CPUs, and each fork and join would wait for the one before.
  BEAT_FORCE_INLINE bool pop_private(std::uint32_t index) noexcept {
    return index >= (lower_bottom(index) >> control::split_shift);
  }

  /// The second step of a join.
  BEAT_NO_INLINE joined reclaim(std::uint32_t index) noexcept {
    control c{ctl_.load(std::memory_order_relaxed)};
    for (;;) {
      std::uint32_t const split = c.split();
      control next = c.without_force();
      if (next.word != c.word) {  // cancel the forced publication, and give its thief half of what is left
        std::uint32_t const b = clamp(index);
        if (b > split) next = next.published(split + (b - split + 1) / 2);
      } else if (index >= split) {
        return joined::kept;
      } else if (index < c.top()) {
        return joined::taken;
      } else {
        next = c.with_split(index);
      }
      // release: what it publishes, pairs with the acquire in steal(); nothing is read that a thief wrote
      if (ctl_.compare_exchange_weak(c.word, next.word, std::memory_order_release, std::memory_order_relaxed)) c = next;
    }
  }

  /// Both steps.
  BEAT_FORCE_INLINE joined pop(std::uint32_t index) noexcept {
    return pop_private(index) ? joined::kept : reclaim(index);
  }

  BEAT_FORCE_INLINE std::uint32_t depth() const noexcept { return bottom_.load(std::memory_order_relaxed); }

  /// What is public and taken, for whoever looks on.
  control control_word() const noexcept { return {ctl_.load(std::memory_order_relaxed)}; }

  struct served {
    std::uint32_t count;
    bool requested;
  };

  /// Publishes the older half of the private jobs, at least one, and answers the request if there is one: says how
  /// many, and whether somebody asked. Whoever asked may sleep by now, so the caller then wakes a thread.
  BEAT_NO_INLINE served serve() noexcept {
    std::uint32_t const b = clamp(depth());
    control c{ctl_.load(std::memory_order_relaxed)};
    for (;;) {
      std::uint32_t const split = c.split();
      std::uint32_t const count = b > split ? (b - split + 1) / 2 : 0;
      // seq_cst: the jobs, pairs with look(); and before the caller's look at the sleepers. The request goes with the
      // same word, never earlier.
      if (ctl_.compare_exchange_weak(c.word, c.published(split + count).word, std::memory_order_seq_cst,
                                     std::memory_order_relaxed))
        return {count, c.is_requested()};
    }
  }

  /// Takes job `index` from below younger ones. Where it is kept, `filler` stands in its slot until `pop(index)`.
  BEAT_NO_INLINE joined pull_out(std::uint32_t index, Job* filler) noexcept {
    std::uint32_t const b = depth();
    joined const result = pop(index);
    if (result == joined::kept && index < limit_) slots_[index].store(filler, std::memory_order_relaxed);
    bottom_.store(b, std::memory_order_release);  // release: the filler; pairs with the load in force()
    return result;
  }

  /// Who took job `index`, as set by steal(); 0 while the thief is on its way.
  std::uint64_t thief_of(std::uint32_t index) const noexcept {
    // acquire: pairs with the release in steal(). Kept: the thief read the slot before; models let nobody read what is
    // written later, but C++ does.
    return marks_[index].load(std::memory_order_acquire);
  }

  /// Makes slot `index` usable again, once its thief is known and no younger job is left.
  void rebase(std::uint32_t index) noexcept {
    marks_[index].store(0, std::memory_order_relaxed);
    control c{ctl_.load(std::memory_order_relaxed)};
    // relaxed: whoever takes a job from here on acquires a later publication, or push()
    while (!ctl_.compare_exchange_weak(c.word, c.without_force().with_split(index).with_top(index).word,
                                       std::memory_order_relaxed, std::memory_order_relaxed)) {
    }
  }

  /// Asks itself to share at the next fork.
  void request() noexcept { ctl_.fetch_or(control::soft, std::memory_order_relaxed); }

  /// Forgets a request that came too late for the region which ends.
  void withdraw_request() noexcept {
    if (is_requested()) ctl_.fetch_and(~control::soft, std::memory_order_relaxed);
  }

  // ---- the thieves' side: everything below goes through a handle that can't push ----

  class thief {
   public:
    explicit thief(fork_stack& victim) noexcept : victim_{&victim} {}

    control look() const noexcept {
      // seq_cst: the slots, pairs with serve() and force(); a sleeper's last look comes after its announcement
      return {victim_->ctl_.load(std::memory_order_seq_cst)};
    }

    /// Takes the oldest public job as seen in `seen`, and leaves `self` (not 0) for the owner to find.
    steal_result<Job> steal(control seen, std::uint64_t self) const noexcept {
      if (!seen.has_public()) return {steal_status::empty, nullptr};
      std::uint32_t const top = seen.top();
      // release: whoever looks and finds nothing sees what the thief did before. acquire: the slot, pairs with serve(),
      // reclaim() and force(). Kept: look() has acquired this value, but after 256 publications it may stand for
      // others.
      if (!victim_->ctl_.compare_exchange_strong(seen.word, seen.with_top(top + 1).word, std::memory_order_acq_rel,
                                                 std::memory_order_relaxed))
        return {steal_status::lost, nullptr};
      Job* const job = victim_->slots_[top].load(std::memory_order_relaxed);
      // release: the slot was read; pairs with thief_of(). Kept: see there
      victim_->marks_[top].store(self, std::memory_order_release);
      return {steal_status::stolen, job};
    }

    /// Asks the owner to publish at its next fork.
    void request() const noexcept { victim_->request(); }

    /// Publishes every private job without the owner's help. Returns how many; 0 also where the system has no
    /// asymmetric fence or the owner was quicker.
    std::uint32_t force(std::uint32_t thief_id) const noexcept {
      control c{victim_->ctl_.load(std::memory_order_relaxed)};
      if ((c.word & control::force) != 0 || c.has_public()) return 0;
      // seq_cst: before the load of bottom below; pairs with lower_bottom()
      if (!victim_->ctl_.compare_exchange_strong(c.word, c.forced(thief_id).word, std::memory_order_seq_cst,
                                                 std::memory_order_relaxed))
        return 0;
      bool const fenced = Atomics::heavy_fence() || !Atomics::asymmetric;
      // seq_cst (acquire with a heavy fence): the slots below it, pairs with push() and pull_out(); order: see
      // lower_bottom()
      std::uint32_t const b = victim_->clamp(victim_->bottom_.load(std::memory_order_seq_cst));
      c = {victim_->ctl_.load(std::memory_order_relaxed)};
      while (c.forced_by(thief_id)) {
        std::uint32_t const split = c.split();
        std::uint32_t const count = fenced && b > split ? b - split : 0;
        control const next = count > 0 ? c.published(b) : c.without_force();
        // release: hands the slots on to the next thief's acquire in look() and steal()
        if (victim_->ctl_.compare_exchange_weak(c.word, next.word, std::memory_order_release,
                                                std::memory_order_relaxed))
          return count;
      }
      return 0;
    }

   private:
    fork_stack* victim_;
  };

  thief for_thieves() noexcept { return thief{*this}; }

 private:
  std::uint32_t clamp(std::uint32_t b) const noexcept { return b < limit_ ? b : limit_; }

  /// Lowers bottom, then reads ctl: the order in which force() must see them is the other way round.
  BEAT_FORCE_INLINE std::uint64_t lower_bottom(std::uint32_t index) noexcept {
    if constexpr (Atomics::asymmetric) {
      bottom_.store(index, std::memory_order_release);  // release: older slots; pairs with the load in force()
      Atomics::light_fence();                           // pairs with the heavy fence in force()
      return ctl_.load(std::memory_order_relaxed);
    } else {
      bottom_.store(index, std::memory_order_seq_cst);  // seq_cst: before the load of ctl; pairs with force()
      return ctl_.load(std::memory_order_seq_cst);      // seq_cst: after the store of bottom; pairs with force()
    }
  }

  // The owner's line: no thief that merely looks may touch it.
  alignas(cache_line) atomic<std::uint32_t> bottom_{0};  // written by the owner only: the depth
  std::uint32_t const limit_ = 0;
  slot* const slots_ = nullptr;  // slots_[i]: written by the owner, read by the thief that took i
  mark* const marks_ = nullptr;  // marks_[i]: written by the thief that took i, cleared by the owner
  // The thieves' line.
  alignas(cache_line) atomic<std::uint64_t> ctl_;  // written by everyone, by read-modify-write only: see `control`
};

}  // namespace beat::inline v0
