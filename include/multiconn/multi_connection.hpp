#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/call.hpp>
#include <multiconn/destination.hpp>
#include <multiconn/net_stream.hpp>
#include <multiconn/runtime.hpp>
#include <multiconn/shared_object.hpp>
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

/// What happens to a server that is lost, or that cannot be reached.
struct ReconnectOptions {
  bool enabled = true;
  /// Before the first attempt, and at most. Doubled each time; each wait is shortened at random by up to
  /// half, so that a thousand publishers do not come back together.
  std::chrono::milliseconds first_delay{250}, longest_delay{15000};
  /// Published for so long, a server is healthy: attempts and delays start over. Where nothing is to be
  /// published there, a connection of 5 s is enough.
  std::chrono::milliseconds healthy_after{30000};
  /// Attempts in a row; none: for ever. After the last one the server has failed.
  std::optional<std::uint32_t> max_attempts;
  /// From the loss on; none: for ever.
  std::optional<std::chrono::milliseconds> give_up_after;
};

/// Where the timestamps that servers get come from.
enum class Timestamps : std::uint8_t {
  from_zero,  ///< 0 is the smallest decode time among the first frames of all tracks
  /// A frame's own dts in milliseconds, modulo 2^32. Publishers on several machines whose encoders count from
  /// one moment (the Unix epoch, a feed's own clock) give a frame the same timestamp, whenever they were
  /// started. Where dts run back by more than a second, timestamps go on from where they were.
  epoch,
};

struct ConnectOptions {
  /// From connect() to its answer, name look-up, TLS and everything else included.
  std::chrono::milliseconds setup_timeout{3000};
  /// How many of the servers that are not spares have to answer connect(). Watched from then on: once that
  /// many publish (before publish(): are connected), NetConnection.Quorum.Lost says when they do no more, and
  /// .Regained when they do again. A spare that publishes counts for the server whose place it has.
  Require require = Require::all();
  /// A server that takes nothing for this long, while a source that is not live waits for it, is given up;
  /// one of a live broadcast is connected to anew, where that is enabled. 0: never.
  std::chrono::milliseconds stall_timeout{10000};
  /// Per server: beyond either of these, frames of a live broadcast are dropped by the policy of
  /// docs/architecture.md.
  std::size_t queue_bytes = 16 * 1024 * 1024;
  std::chrono::milliseconds queue_age{2000};
  TlsOptions tls;
  std::string flash_version = "FMLE/3.0 (compatible; FMSc/1.0)";
  /// How long a call waits for its reply.
  std::chrono::milliseconds call_timeout{5000};
  /// Ask every server for objectEncoding 3: AMF3 in calls and shared objects, where the server agrees.
  bool amf3 = false;
  /// Asked for a destination without credentials whose server wants a login; any thread, must not block. They
  /// go to the host given here and no other.
  std::function<std::optional<Credentials>(ServerId server, const std::string& host)> credentials;
  /// Follow what servers say about where to connect instead: Connect.Rejected with a redirect, and
  /// ReconnectRequest. At most 5 times in a row, never from rtmps to rtmp. False: a redirect is a refusal for
  /// good, unless a balancer named the server.
  bool follow_redirects = true;
  ReconnectOptions reconnect;
  /// A server from which nothing has come for so long, not even TCP's acknowledgement of what it was sent, is
  /// lost. One without traffic is probed in time for that. An address that does not answer TCP at all is
  /// given up after so long, 3 s at least, twice as much each time, up to 12 s or this, whichever is longer,
  /// 60 s at most. 0: never.
  std::chrono::milliseconds dead_after{2500};
  /// What is kept of the newest broadcast for servers that were away, once for all of them. An outage within
  /// both bounds costs a server no frame; after a longer one it goes on at the newest keyframe.
  std::chrono::milliseconds resume_age{8000};
  std::size_t resume_bytes = 32 * 1024 * 1024;
  Timestamps timestamps = Timestamps::from_zero;
};

/// One connection to several RTMP servers: NetConnection, NetStream and SharedObject of all of them behind
/// one object.
/// Every method may be called from any thread, posts, and returns at once. Callbacks come from the Runtime's
/// thread, one at a time, never from inside the call that caused them, and never after the destructor has
/// returned. The destructor waits for a callback that is running, unless it is called from inside one. What a
/// callback throws is caught and reported as NetConnection.Callback.Failed; everything goes on.
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

  /// One more destination, at any time after connect(): a stream that runs is published there from its newest
  /// keyframe on. Calls go there too, and shared objects are brought to what they are elsewhere. Of a
  /// balancer's several servers the first id is returned; the others follow it. ConnectOptions::require
  /// counts it once it serves, or setup_timeout after this call. Before connect(), after ncClose(), and for a
  /// destination that is there already, NetConnection.Connect.Failed says so; the id is nobody else's all the
  /// same.
  ServerId add(Destination destination);
  /// Unpublishes and closes there, within 250 ms; the others go on. Calls that wait for its answer end with
  /// NetConnection.Call.Closed. Shared objects stay as they are, slots that only it had included. Setup and
  /// ConnectOptions::require do not ask for it any more. Its id is not used again, and stats() has no row of
  /// it once it is closed. Ignored when there is none of this id, and after ncClose().
  void remove(ServerId server);

  /// NetConnection statuses of every server, and NetConnection.Setup.Success or .Failed. Those of before the
  /// first onStatus() are kept for it (the newest 64, without their `info` where that is over 16 KiB) and
  /// told, in order, before what comes later. An empty callback: nobody listens, and nothing is kept.
  void onStatus(std::function<void(const Status&)> callback);

  /// Calls from servers, by the method's name. "NAME_sync" is called when the shared object NAME has synced,
  /// with Flash's list of {code, name, oldValue, server} as its argument; `server` of the Call is then where
  /// it happened. Given late it first gets what SharedObject::onSync() first gets then. An empty handler
  /// removes it.
  void on(std::string name, CallHandler handler);

  /// NetConnection.call on one server, or on all there are, spares included. `replied` is called exactly once
  /// for each of them; without it no reply is asked for. A server that is not connected, a name that RTMP
  /// itself uses and arguments that cannot be encoded are answered with NetConnection.Call.Failed.
  void callRemote(std::string method, std::function<void(const Reply&)> replied = {},
                  std::optional<ServerId> server = {}, std::vector<AmfValue> arguments = {});

  /// The shared object of this name, on every server there is and on those that join later. Asked for again
  /// it is the same object; with another `persistent`, or a name that is not fit for one (1 to 1024 bytes,
  /// none of space ~ % & \ ; : " ' , < > ? #, no command of RTMP), SharedObject.BadPersistence or .BadName is
  /// reported by onStatus and the handle does nothing; likewise SharedObject.Closed after ncClose().
  SharedObject sharedObjectSetup(std::string name, bool persistent = false);
  /// "NAME.data.SLOT", as the article has it; the slot may contain further dots. A path of another form, or
  /// of an object that was not set up, is reported as SharedObject.BadPath.
  void setSoValue(std::string_view path, AmfValue value);
  std::optional<AmfValue> getSoValue(std::string_view path) const;

  /// The outgoing stream, on every server there is and on those that join later.
  NetStream setNetStreams();

  // The article's names for what NetStream does.
  void nsStatus(std::function<void(const Status&)> callback);
  void attachAudio(std::shared_ptr<AudioSource> source);
  void attachVideo(std::shared_ptr<VideoSource> source);
  void publish(std::string name, PublishMode mode = PublishMode::live);
  std::chrono::milliseconds nsTime() const;
  void nsSend(std::string handler, std::vector<AmfValue> arguments = {});
  void nsClose();

  /// A snapshot of at most 100 ms ago, one row per server, ascending by id: in the order of connect(), then
  /// of add().
  std::vector<ServerStats> stats() const;

  /// Unpublishes and closes everywhere, within 250 ms; `closed`, if given, is called when all are closed.
  /// What shared objects were given before it, by set() or send(), goes out first to every server that has
  /// been joined, as far as one batch (1 MiB) and the time go; whether the servers took it is not heard any
  /// more. Afterwards connect(), publish(), callRemote(), nsSend() and whatever is done to a shared object
  /// are refused with a status; get() still has what was there.
  void ncClose(std::function<void()> closed = {});

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace multiconn
