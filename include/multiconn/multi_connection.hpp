#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <multiconn/destination.hpp>
#include <multiconn/net_stream.hpp>
#include <multiconn/runtime.hpp>
#include <multiconn/status.hpp>

namespace multiconn {

/// How many servers have to answer for setup to succeed.
class Require {
 public:
  static Require all() { return Require(0); }
  static Require any() { return Require(1); }
  /// k >= 1; more than there are servers means all of them.
  static Require atLeast(std::size_t k) { return Require(k == 0 ? 1 : k); }
  std::size_t of(std::size_t servers) const { return count_ == 0 || count_ > servers ? servers : count_; }

 private:
  explicit Require(std::size_t count) : count_(count) {}
  std::size_t count_;
};

struct ConnectOptions {
  /// From connect() to its answer, name look-up, TLS and everything else included.
  std::chrono::milliseconds setup_timeout{3000};
  Require require = Require::all();
  /// A server that takes nothing for this long, while a source that is not live waits for it, is given up.
  std::chrono::milliseconds stall_timeout{10000};
  /// Per server: beyond either of these, frames of a live broadcast are dropped by the policy of
  /// docs/architecture.md.
  std::size_t queue_bytes = 16 * 1024 * 1024;
  std::chrono::milliseconds queue_age{2000};
  TlsOptions tls;
  std::string flash_version = "FMLE/3.0 (compatible; FMSc/1.0)";
};

/// One connection to several RTMP servers: NetConnection and NetStream of all of them behind one object.
/// Every method may be called from any thread, posts, and returns at once. Callbacks come from the Runtime's
/// thread, one at a time, never from inside the call that caused them, and never after the destructor has
/// returned. The destructor waits for a callback that is running, unless it is called from inside one.
class MultiConnection {
 public:
  explicit MultiConnection(Runtime& runtime, ConnectOptions options = {});
  ~MultiConnection();
  MultiConnection(const MultiConnection&) = delete;
  MultiConnection& operator=(const MultiConnection&) = delete;

  /// Connects to all in parallel and answers once: as soon as the result is certain, after setup_timeout at
  /// the latest. Servers that answer later join by themselves. One call per object; a second one answers with
  /// failure.
  void connect(std::vector<Destination> destinations, std::function<void(SetupOutcome)> answer = {});

  /// NetConnection statuses of every server, and NetConnection.Setup.Success or .Failed.
  void onStatus(std::function<void(const Status&)> callback);

  /// The outgoing stream, on every server there is and on those that join later.
  NetStream setNetStreams();

  // The article's names for what NetStream does.
  void nsStatus(std::function<void(const Status&)> callback);
  void attachAudio(std::shared_ptr<AudioSource> source);
  void attachVideo(std::shared_ptr<VideoSource> source);
  void publish(std::string name, PublishMode mode = PublishMode::live);
  std::chrono::milliseconds nsTime() const;
  void nsClose();

  /// A snapshot, one row per server, in the order of connect().
  std::vector<ServerStats> stats() const;

  /// Unpublishes and closes everywhere, within 250 ms; `closed`, if given, is called when all are closed.
  void ncClose(std::function<void()> closed = {});

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace multiconn
