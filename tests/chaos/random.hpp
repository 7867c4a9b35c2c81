#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>

namespace multiconn::chaos {

/// What a seed decides. The same on every machine, which std::uniform_int_distribution does not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  /// From `least` to `most`, both included.
  std::size_t number(std::size_t least, std::size_t most) { return least + engine_() % (most - least + 1); }
  bool chance(unsigned percent) { return engine_() % 100 < percent; }
  std::chrono::milliseconds milliseconds(std::size_t least, std::size_t most) {
    return std::chrono::milliseconds(number(least, most));
  }
  /// Short ones as often as long ones.
  std::chrono::milliseconds spread(std::size_t least, std::size_t most) {
    std::size_t bound = least;
    while (bound < most && chance(75)) bound *= 2;
    return milliseconds(least, std::min(bound, most));
  }
  template <typename T>
  const T& of(std::span<const T> list) {
    return list[number(0, list.size() - 1)];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace multiconn::chaos
