#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <multiconn/multi_connection.hpp>

#include "chaos/random.hpp"

namespace multiconn::chaos {

/// What the seed decides about a broadcast as a whole.
struct Plan {
  enum class Ending : std::uint8_t { complete, close_in_the_middle, destroy_in_the_middle };

  explicit Plan(Random& random);
  std::string text() const;

  std::chrono::milliseconds span{};  ///< of the part in which faults happen
  std::chrono::microseconds interval{};
  std::uint32_t gop = 1;
  bool has_video = true, has_audio = true, disposable = false;
  std::size_t largest = 0;  ///< picture, in bytes
  bool waits = false;       ///< the application, for servers
  Ending ending{};
  ConnectOptions options;
  std::chrono::microseconds first_dts{};

 private:
  void decideOptions(Random& random);
  std::chrono::milliseconds firstDts(Random& random) const;
};

/// No whole number of microseconds, three of which are 100.1 ms.
inline constexpr std::chrono::microseconds ntsc_interval{1001 * 1000 / 30};

}  // namespace multiconn::chaos
