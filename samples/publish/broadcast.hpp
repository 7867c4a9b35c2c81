#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/multiconn.hpp>

#include "publish/inbox.hpp"
#include "publish/options.hpp"
#include "publish/reporter.hpp"
#include "publish/tracks.hpp"

namespace publish {

/// One broadcast from beginning to end: connect, publish, finish, and what came of it.
class Broadcast {
 public:
  /// `inbox` outlives it.
  Broadcast(const Options& options, Tracks tracks, Inbox& inbox, Reporter& reporter);

  /// Returns the program's exit code once everything is closed.
  int run();

 private:
  using Clock = std::chrono::steady_clock;

  void listen();
  void start();
  void onStatus(const multiconn::Status& status);
  void onSetup(const multiconn::SetupOutcome& outcome);
  void onSourceComplete();
  void onInterrupt();
  void onTick();
  void endWhenComplete();
  void end();
  int verdict();
  int reportLosses();
  bool isSpare(multiconn::ServerId server) const;
  void complain(const std::string& sentence);

  const Options& options_;
  Reporter& reporter_;
  Inbox& inbox_;
  multiconn::Runtime runtime_;
  Tracks tracks_;
  multiconn::MultiConnection connection_;
  multiconn::NetStream stream_;

  std::optional<multiconn::SetupOutcome> setup_;
  std::string source_error_;
  bool delivered_ = false;  ///< every healthy server has everything
  bool all_lost_ = false;
  bool interrupted_ = false;
  bool ending_ = false;
  bool closed_ = false;
  Clock::time_point give_up_ = Clock::time_point::max();
  std::vector<multiconn::ServerStats> before_close_;
};

}  // namespace publish
