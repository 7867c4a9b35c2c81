#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace multiconn::balance {

/// Of this machine alone; every duration that a policy reasons with is measured by it.
using TimePoint = std::chrono::steady_clock::time_point;
/// Of the world, to compare what two machines say.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using std::chrono::milliseconds;

/// Passed in, so that the same seed gives the same sequence of redirects.
using Random = std::mt19937_64;

/// What Server.guid holds: identifies one edge server for as long as that file lives.
struct Guid {
  std::array<std::byte, 16> bytes{};
  auto operator<=>(const Guid&) const = default;
  /// 8-4-4-4-12 lower-case hexadecimal digits.
  std::string text() const;
};

/// One life of an agent.
struct Boot {
  std::uint64_t counter = 0;      ///< raised at each start and kept beside Server.guid
  std::array<std::byte, 8> id{};  ///< random, so that two machines with one Server.guid are told apart
  bool operator==(const Boot&) const = default;
};

}  // namespace multiconn::balance
