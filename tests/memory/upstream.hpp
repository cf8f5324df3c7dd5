#pragma once
// SPDX-License-Identifier: MIT
// An upstream that remembers what it gave, checks what comes back, and fails when it is told to.

#include <cstddef>
#include <limits>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>

namespace beat_test {

class upstream final : public std::pmr::memory_resource {
 public:
  struct block {
    std::size_t bytes;
    std::size_t alignment;
  };

  /// The next allocation but `n` fails, and all after it.
  void fail_after(std::size_t n) {
    std::lock_guard const guard{lock_};
    left_ = n;
  }
  void never_fail() { fail_after(std::numeric_limits<std::size_t>::max()); }

  [[nodiscard]] std::size_t blocks() const {
    std::lock_guard const guard{lock_};
    return given_.size();
  }
  [[nodiscard]] std::size_t bytes() const {
    std::lock_guard const guard{lock_};
    std::size_t sum = 0;
    for (auto const& [place, b] : given_) sum += b.bytes;
    return sum;
  }
  [[nodiscard]] block last() const {
    std::lock_guard const guard{lock_};
    return last_;
  }
  /// False once something came back that was not given like that.
  [[nodiscard]] bool is_consistent() const {
    std::lock_guard const guard{lock_};
    return consistent_;
  }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    std::lock_guard const guard{lock_};
    if (left_ == 0) throw std::bad_alloc{};
    --left_;
    void* const place = std::pmr::new_delete_resource()->allocate(bytes, alignment);
    given_[place] = last_ = {bytes, alignment};
    return place;
  }
  void do_deallocate(void* place, std::size_t bytes, std::size_t alignment) override {
    std::lock_guard const guard{lock_};
    auto const found = given_.find(place);
    if (found == given_.end() || found->second.bytes != bytes || found->second.alignment != alignment) {
      consistent_ = false;
      return;
    }
    given_.erase(found);
    std::pmr::new_delete_resource()->deallocate(place, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(std::pmr::memory_resource const& other) const noexcept override {
    return this == &other;
  }

  std::mutex mutable lock_;
  std::map<void*, block> given_;
  block last_{};
  std::size_t left_ = std::numeric_limits<std::size_t>::max();
  bool consistent_ = true;
};

}  // namespace beat_test
