#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <multiconn/multi_connection.hpp>

#include "rtmp/limits.hpp"

namespace multiconn::client {

/// When a server that was lost, or could not be reached, is tried again, and when no more. Pure: time and
/// randomness are arguments.
class Backoff {
 public:
  explicit Backoff(const ReconnectOptions& options) : options_(options) {}

  /// How long to wait before the next attempt; nothing: there will be none. `random`: 32 bits that nobody can
  /// foretell. The first failure since healthy() is where ReconnectOptions::give_up_after counts from.
  std::optional<std::chrono::milliseconds> delay(rtmp::TimePoint now, std::uint32_t random);
  /// The next attempt begins.
  void begin() { ++attempts_; }
  /// How long the present attempt may take: `longest`, within what is left before giving up.
  std::chrono::milliseconds patience(rtmp::TimePoint now, std::chrono::milliseconds longest) const;
  /// Attempts and delays start over.
  void healthy();
  /// Begun since healthy().
  std::uint32_t attempts() const { return attempts_; }

 private:
  std::chrono::milliseconds longestDelay() const;

  const ReconnectOptions options_;
  std::uint32_t attempts_ = 0;
  std::optional<rtmp::TimePoint> failing_since_;
};

}  // namespace multiconn::client
