#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

namespace multiconn::bench {

/// The descriptors of which one thread wants to know when they have something to read, or are over.
class WatchList {
 public:
  static constexpr std::chrono::milliseconds for_ever{-1};

  WatchList();
  ~WatchList();
  WatchList(const WatchList&) = delete;
  WatchList& operator=(const WatchList&) = delete;

  void add(int descriptor) { add(descriptor, static_cast<std::uint64_t>(descriptor)); }
  /// `key` stands for it in what wait() returns.
  void add(int descriptor, std::uint64_t key);
  void remove(int descriptor);
  /// The keys of those that are ready, none when there are none for so long. Until the next call.
  std::span<const std::uint64_t> wait(std::chrono::milliseconds longest);

 private:
  int epoll_;
  std::array<std::uint64_t, 512> ready_{};
};

}  // namespace multiconn::bench
