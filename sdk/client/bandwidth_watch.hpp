#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <multiconn/net_stream.hpp>

#include "rtmp/limits.hpp"
#include "rtmp/ring_buffer.hpp"

namespace multiconn::client {

/// Makes of what is known of each server what the application's encoder is told, and when.
class BandwidthWatch {
 public:
  struct Server {
    ServerId id{};
    std::uint64_t bits_per_second = 0;
    bool congested = false;
    bool narrow = false;  ///< see BandwidthEstimate
  };

  /// Of the broadcast: a message to every server.
  void sent(std::size_t bytes) { sent_ += bytes; }
  /// Once a second: whether report() is to be asked.
  bool due(rtmp::TimePoint now);
  /// Nothing: nothing new that matters.
  std::optional<Bandwidth> report(const std::vector<Server>& servers);

 private:
  struct Look {
    rtmp::TimePoint at{};
    std::uint64_t sent = 0;
  };
  std::uint64_t broadcast() const;

  std::uint64_t sent_ = 0;
  rtmp::RingBuffer<Look> looks_;  // one each second
  Bandwidth told_;                // the last
};

}  // namespace multiconn::client
