#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "rtmp/limits.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::client {

/// What is known of one connection at one moment. Bytes count from its beginning.
struct BandwidthSample {
  rtmp::TimePoint now{};
  std::uint64_t offered = 0;                     ///< given to the connection
  std::uint64_t acknowledged = 0;                ///< by the server's kernel
  std::size_t waiting = 0;                       ///< not taken by our own kernel yet
  rtmp::Duration age{};                          ///< how long the oldest of these has waited
  std::optional<std::uint64_t> delivery_rate{};  ///< the kernel's, bytes a second; nothing: limited by us
};

/// What the way to one server carries. While bytes wait for it, that is what its kernel acknowledges. While
/// none do, it carries what it is given, and how much more it could is not known: after a congestion the
/// estimate then stays for some seconds and grows by a twelfth each second, so that an encoder that stays
/// below it finds out whether there is room again, without more of a queue than the drop policy allows. Each
/// such try that ends in a new congestion makes the next one wait longer. Once the estimate is well above
/// what was offered when the congestion began, the way counts as free.
class BandwidthEstimate {
 public:
  /// About ten times a second; after a pause it looks anew.
  void sample(const BandwidthSample& sample);
  /// Nothing: too early to say.
  std::optional<std::uint64_t> bitsPerSecond() const;
  /// It does not keep up: frames wait for it.
  bool congested() const { return congested_; }
  /// It did not keep up, and has not shown yet that it could.
  bool narrow() const { return wanted_ > 0; }

 private:
  struct Look {
    rtmp::TimePoint at{};
    std::uint64_t offered = 0, acknowledged = 0;
  };

  void note(const BandwidthSample& sample);
  void forgetLooks();
  void measureBusy(const BandwidthSample& sample);
  void measureCalm(const BandwidthSample& sample, rtmp::Duration passed);
  void beginCongestion();
  void grow(rtmp::Duration passed);
  /// Bytes a second of the last second, or since `since`.
  double rate(std::uint64_t Look::*bytes, rtmp::TimePoint since = {}) const;

  rtmp::RingBuffer<Look> looks_;  // of the last second
  std::optional<rtmp::TimePoint> busy_since_;
  bool congested_ = false;
  double estimate_ = 0;  // bytes a second, as the next two
  double wanted_ = 0;    // what was offered when it became narrow; 0: it is not
  double kernels_ = 0;
  rtmp::TimePoint calm_since_{};
  rtmp::Duration patience_{};
  bool grown_ = false;  // since the last congestion
};

}  // namespace multiconn::client
