#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <multiconn/multi_connection.hpp>
#include <multiconn/status.hpp>

#include "rtmp/limits.hpp"

namespace multiconn::client {

/// ConnectOptions::require for as long as the broadcast lasts: once it was met, whether it still is. Pure.
class Quorum {
 public:
  enum class News : std::uint8_t { none, lost, regained };
  /// One server that is asked for, and whether it does what is required of it.
  struct Member {
    ServerId id{};
    bool serves = false;
    bool about_to = false;  ///< another one takes its place just now: enough to go on, not to begin
  };

  explicit Quorum(Require require) : require_(require) {}

  /// Something else is required of servers from now on. It has to be met before it can be lost.
  void restart();
  /// A server that has been added does not count before it serves, or `until`, so that adding one is no loss.
  void expect(ServerId added, rtmp::TimePoint until) { expected_[added] = until; }
  void forget(ServerId removed) { expected_.erase(removed); }
  News update(const std::vector<Member>& members, rtmp::TimePoint now);

  // Of the last update().
  std::size_t serving() const { return serving_; }
  std::size_t counted() const { return counted_; }
  std::size_t required() const { return require_.of(counted_); }

 private:
  enum class State : std::uint8_t { unmet, met, lost };
  bool counts(const Member& member, rtmp::TimePoint now);

  Require require_;
  State state_ = State::unmet;
  std::size_t serving_ = 0, counted_ = 0;
  std::map<ServerId, rtmp::TimePoint> expected_;
};

}  // namespace multiconn::client
