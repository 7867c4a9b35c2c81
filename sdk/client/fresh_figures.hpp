#pragma once

#include <optional>

#include "client/peer_connection.hpp"
#include "net/link.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::client {

/// A connection's figures, had anew only when they are too old: that costs a system call or two.
class FreshFigures {
 public:
  /// Another connection, or none.
  void restart() { *this = {}; }
  /// As they were `max_age` ago at most; without a connection the last ones.
  const net::LinkStats& of(const PeerConnection* connection, rtmp::TimePoint now, rtmp::Duration max_age) {
    if (!connection || (had_at_ && now - *had_at_ < max_age)) return figures_;
    figures_ = connection->stats();
    had_at_ = now;
    return figures_;
  }
  const net::LinkStats& last() const { return figures_; }
  /// When last() was had; once it was.
  rtmp::TimePoint hadAt() const { return *had_at_; }

 private:
  net::LinkStats figures_;
  std::optional<rtmp::TimePoint> had_at_;
};

}  // namespace multiconn::client
