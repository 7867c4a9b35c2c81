#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <multiconn/multiconn.hpp>

#include "back_off.hpp"
#include "marked_broadcast.hpp"

namespace multiconn::bench {

/// The measured side of a failure: a MultiConnection, its broadcast, and when it told what.
class BenchPublisher {
 public:
  struct Told {
    std::int64_t at_us = 0;
    Status status;
  };

  /// Back-offs grow to a second only, and start over after half a second of health: nothing that is measured
  /// depends on them, and a hundred failures take minutes instead of an hour.
  static ConnectOptions quickToRetry();

  /// Connects to the destinations; publishes to them when `stream` says so.
  BenchPublisher(std::vector<Destination> destinations, const ConnectOptions& options, bool stream = true);
  ~BenchPublisher();
  BenchPublisher(const BenchPublisher&) = delete;
  BenchPublisher& operator=(const BenchPublisher&) = delete;

  /// Begins to write frames.
  void broadcast(const BroadcastOptions& options = {});
  const MarkedBroadcast& written() const { return *broadcast_; }
  /// No more frames; what was written has time to arrive.
  void endBroadcast();

  /// Waits until a status with one of these codes is told of the server, at or after `from_us`; that one.
  /// Throws std::runtime_error after `patience`.
  Told waitFor(ServerId server, const std::vector<std::string>& codes, std::int64_t from_us,
               std::chrono::seconds patience = std::chrono::seconds(30));
  /// Attempts to reconnect to the server that were announced since `from_us`.
  std::vector<PlannedAttempt> attempts(ServerId server, std::int64_t from_us) const;
  std::vector<ServerStats> stats() const { return connection_.stats(); }

 private:
  void hear(const Status& status);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Told> told_;
  Runtime runtime_;
  MultiConnection connection_;
  NetStream stream_;
  std::unique_ptr<MarkedBroadcast> broadcast_;
};

/// rtmp://127.0.0.1:`port`/live, under the stream name number `index`.
Destination loopbackDestination(std::uint16_t port, std::size_t index);

}  // namespace multiconn::bench
