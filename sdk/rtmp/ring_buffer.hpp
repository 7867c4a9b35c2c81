#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace multiconn::rtmp {

/// A queue that keeps its room: once it has been as long as it gets, it allocates no more. `T` has an empty
/// state that holds nothing, its default.
template <typename T>
class RingBuffer {
 public:
  RingBuffer() = default;
  RingBuffer(const RingBuffer&) = delete;
  RingBuffer& operator=(const RingBuffer&) = delete;

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// From the front on.
  T& operator[](std::size_t index) { return slots_[at(index)]; }
  const T& operator[](std::size_t index) const { return slots_[at(index)]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push(T value) {
    if (size_ == capacity_) grow();
    ++size_;
    back() = std::move(value);
  }
  void pop() {
    front() = T();
    begin_ = --size_ == 0 ? 0 : at(1);  // one that is mostly empty stays in the same cache lines
    if (empty()) giveBack();
  }
  /// Removes what stands behind the first `size`.
  void truncate(std::size_t size) {
    while (size_ > size) {
      back() = T();
      --size_;
    }
    if (empty()) giveBack();
  }
  void clear() { truncate(0); }

 private:
  // Of an empty one: more is the room of a jam that is over.
  static constexpr std::size_t most_kept = 128;
  static constexpr std::size_t least = 8;

  std::size_t at(std::size_t index) const { return (begin_ + index) & (capacity_ - 1); }

  void grow() {
    const std::size_t capacity = capacity_ == 0 ? least : 2 * capacity_;
    auto slots = std::make_unique<T[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = capacity;
    begin_ = 0;
  }
  void giveBack() {
    if (capacity_ <= most_kept) return;
    slots_.reset();
    capacity_ = begin_ = 0;
  }

  std::unique_ptr<T[]> slots_;
  std::size_t capacity_ = 0;  // a power of two
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace multiconn::rtmp
