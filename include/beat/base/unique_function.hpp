#pragma once
// SPDX-License-Identifier: MIT
// A callable of any type behind one signature, move-only, so that it may own futures and buffers.
// What fits into three pointers and moves without throwing lives inside; anything else lives on the heap.

#include <beat/base/assert.hpp>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace beat::inline v0 {

template <class Signature>
class unique_function;

namespace detail {

// A concept and not a bool: its parts are checked in order, so the function itself never reaches the later ones.
template <class F, class Function, class R, class... Args>
concept storable_callable =
    !std::same_as<std::remove_cvref_t<F>, Function> && std::constructible_from<std::decay_t<F>, F> &&
    std::is_invocable_r_v<R, std::decay_t<F>&, Args...>;

}  // namespace detail

/// A move-only std::function. Moving is noexcept and leaves the source empty; calling an empty one is a misuse.
template <class R, class... Args>
class unique_function<R(Args...)> {
  struct alignas(void*) buffer {
    std::byte bytes[3 * sizeof(void*)];
  };

  // What is known of the stored type; one static object per type.
  struct operations {
    R (*call)(buffer& stored, Args&&... arguments);
    void (*relocate)(buffer& from, buffer& to) noexcept;  // moves to raw memory and ends the source's life
    void (*destroy)(buffer& stored) noexcept;
  };

  template <class F>
  static constexpr bool fits =
      sizeof(F) <= sizeof(buffer) && alignof(F) <= alignof(buffer) && std::is_nothrow_move_constructible_v<F>;

 public:
  unique_function() noexcept = default;
  unique_function(std::nullptr_t) noexcept {}

  /// Stores a callable; a null pointer makes an empty function. Throws: std::bad_alloc, and what F's constructor does.
  template <class F>
    requires detail::storable_callable<F, unique_function, R, Args...>
  unique_function(F&& callable) {
    using stored = std::decay_t<F>;
    if constexpr (std::is_pointer_v<std::remove_cvref_t<F>> || std::is_member_pointer_v<stored>) {
      if (callable == nullptr) {
        return;
      }
    }
    if constexpr (fits<stored>) {
      std::construct_at(reinterpret_cast<stored*>(buffer_.bytes), std::forward<F>(callable));
      operations_ = &inside<stored>;
    } else {
      std::construct_at(reinterpret_cast<stored**>(buffer_.bytes), new stored(std::forward<F>(callable)));
      operations_ = &outside<stored>;
    }
  }

  unique_function(unique_function&& other) noexcept { take(other); }

  unique_function& operator=(unique_function&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }

  unique_function(unique_function const&) = delete;
  unique_function& operator=(unique_function const&) = delete;

  ~unique_function() { clear(); }

  [[nodiscard]] explicit operator bool() const noexcept { return operations_ != nullptr; }

  R operator()(Args... arguments) {
    BEAT_ASSERT(operations_ != nullptr, "an empty unique_function was called; store a callable in it first");
    return operations_->call(buffer_, std::forward<Args>(arguments)...);
  }

 private:
  template <class F>
  static F& view(buffer& stored) noexcept {
    return *std::launder(reinterpret_cast<F*>(stored.bytes));
  }

  template <class F>
  static R invoke(F& callable, Args&&... arguments) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(callable, std::forward<Args>(arguments)...);
    } else {
      return std::invoke(callable, std::forward<Args>(arguments)...);
    }
  }

  template <class F>
  static constexpr operations inside{[](buffer& stored, Args&&... arguments) -> R {
                                       return invoke(view<F>(stored), std::forward<Args>(arguments)...);
                                     },
                                     [](buffer& from, buffer& to) noexcept {
                                       std::construct_at(reinterpret_cast<F*>(to.bytes), std::move(view<F>(from)));
                                       std::destroy_at(&view<F>(from));
                                     },
                                     [](buffer& stored) noexcept { std::destroy_at(&view<F>(stored)); }};

  template <class F>
  static constexpr operations outside{
      [](buffer& stored, Args&&... arguments) -> R {
        return invoke(*view<F*>(stored), std::forward<Args>(arguments)...);
      },
      [](buffer& from, buffer& to) noexcept { std::construct_at(reinterpret_cast<F**>(to.bytes), view<F*>(from)); },
      [](buffer& stored) noexcept { delete view<F*>(stored); }};

  void clear() noexcept {
    if (operations_ != nullptr) {
      std::exchange(operations_, nullptr)->destroy(buffer_);
    }
  }

  // Precondition: this is empty.
  void take(unique_function& other) noexcept {
    if (other.operations_ != nullptr) {
      other.operations_->relocate(other.buffer_, buffer_);
      operations_ = std::exchange(other.operations_, nullptr);
    }
  }

  operations const* operations_ = nullptr;
  buffer buffer_;
};

}  // namespace beat::inline v0
