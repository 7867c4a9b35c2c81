#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/amf_value.hpp>

namespace multiconn {

namespace origin {
class ApplicationInstance;
struct ClientRecord;
class ObjectHandle;
class PendingReply;
}  // namespace origin

/// What a client answered to Client::call().
struct ClientReply {
  bool ok = false;
  AmfValue value;           ///< the result when ok; else the client's info object, or undefined
  std::string description;  ///< why not: one sentence
};

/// One connection of somebody to an application: Client of server-side ActionScript. A handle: copies name
/// the same connection, and it may outlive the connection and the server harmlessly. Every method may be
/// called from any thread: on the server's own thread it acts at once, from others it posts.
class Client {
 public:
  Client() = default;

  /// Never used twice as long as the server runs; 0 for a handle that names nobody.
  std::uint64_t id() const;
  bool operator==(const Client& other) const { return id() == other.id(); }

  // What it said when it connected: UTF-8 as received, empty where it said nothing.
  const std::string& address() const;      ///< "192.0.2.1:4711", "[2001:db8::1]:4711"
  const std::string& application() const;  ///< "chat", or "chat/room1" where it named an instance
  const std::string& query() const;        ///< what followed "?" in the application; may hold secrets
  const std::string& uri() const;          ///< tcUrl; may hold secrets
  const std::string& agent() const;        ///< flashVer
  const std::string& pageUrl() const;
  const std::string& referrer() const;  ///< swfUrl
  const std::string& user() const;      ///< who logged in as a publisher; empty for all others
  int objectEncoding() const;           ///< 0 for AMF0, 3 for AMF3
  /// Accepted, and not gone yet.
  bool connected() const;

  // The answer to onConnect()'s ConnectDecision::later(); without effect on all other clients.
  void accept();
  void reject(std::string description = {}, AmfValue application = {});
  void redirect(std::string url, std::string description = {});

  /// Client.call: `replied` is called once, also when the connection ends first or no answer comes in
  /// OriginOptions::call_timeout, but not after onAppStop(). Without it no reply is asked for. What is called
  /// before accept() is sent behind it.
  void call(std::string method, std::vector<AmfValue> arguments = {},
            std::function<void(const ClientReply&)> replied = {});
  /// Asks it to connect again, at `url` or where it is now, without a gap in what it publishes or plays
  /// (NetConnection.Connect.ReconnectRequest, Enhanced RTMP v2). This connection goes on until it leaves.
  void requestReconnect(std::string url = {}, std::string description = {});
  /// Closes the connection once what was sent before is out.
  void disconnect();

 private:
  friend class origin::ApplicationInstance;
  friend struct origin::ClientRecord;
  explicit Client(std::shared_ptr<origin::ClientRecord> record) : record_(std::move(record)) {}
  std::shared_ptr<origin::ClientRecord> record_;
};

struct ConnectRequest {
  std::vector<AmfValue> arguments;  ///< what the client gave connect() besides the address
  AmfObject object;                 ///< the whole command object
};

/// What onConnect() wants.
struct ConnectDecision {
  enum class Kind : std::uint8_t { accept, reject, redirect, later };

  static ConnectDecision accept() { return {}; }
  /// NetConnection.Connect.Rejected; `application` reaches the client as info.application.
  static ConnectDecision reject(std::string description = {}, AmfValue application = {}) {
    return {Kind::reject, std::move(description), {}, std::move(application)};
  }
  /// NetConnection.Connect.Rejected with ex {code: 302, redirect: url}.
  static ConnectDecision redirect(std::string url, std::string description = {}) {
    return {Kind::redirect, std::move(description), std::move(url), {}};
  }
  /// Client::accept(), reject() or redirect() will tell; what the client has sent behind connect waits.
  static ConnectDecision later() { return {Kind::later, {}, {}, {}}; }

  Kind kind = Kind::accept;
  std::string description, url;
  AmfValue application;
};

/// A stream that somebody wants to publish or play.
struct StreamRequest {
  std::string name, query;  ///< names are keys, queries may hold secrets
  std::string mode;         ///< of publish: "live", "record" or "append"
};

/// What onPublish() and onPlay() want.
struct StreamDecision {
  enum class Kind : std::uint8_t { accept, refuse, redirect };

  static StreamDecision accept() { return {}; }
  /// `code`: by default NetStream.Publish.Denied or NetStream.Play.Failed.
  static StreamDecision refuse(std::string description = {}, std::string code = {}) {
    return {Kind::refuse, std::move(description), std::move(code), {}};
  }
  /// NetConnection.Connect.Rejected on the open connection with ex {code: 302, redirect: url,
  /// redirect2: url/name}, as SRS does it; then the client's turn. `url`: scheme://host[:port]/app.
  static StreamDecision redirect(std::string url) { return {Kind::redirect, {}, {}, std::move(url)}; }

  Kind kind = Kind::accept;
  std::string description, code, url;
};

/// A stream of an application, as streams() lists them.
struct StreamInfo {
  std::string name;  ///< names are keys
  bool published = false;
  std::size_t players = 0;  ///< those that wait for a publisher included
};

/// What clients changed in a shared object.
struct HostedChange {
  enum class Code : std::uint8_t { change, deleted };
  Code code{};
  std::string slot;
  AmfValue old_value;  ///< null when there was none
  Client author;
};

/// A shared object from the server's side: SharedObject of server-side ActionScript. A handle: copies name
/// the same object, which lives as long as a handle or a client holds it, and a persistent one on the disk
/// beyond that. It may outlive its application and the server; then nothing happens any more, and get()
/// gives what there was last. Every method may be called from any thread: on the server's own thread it acts
/// at once, from others it posts.
class HostedObject {
 public:
  HostedObject() = default;

  const std::string& name() const;
  bool persistent() const;

  std::optional<AmfValue> get(std::string_view slot) const;
  AmfObject data() const;
  std::size_t size() const;  ///< slots
  std::uint32_t version() const;
  std::size_t subscribers() const;

  /// Null or undefined removes the slot. A value no AMF can hold, one that is nested too deep, one above
  /// OriginQuotas::value_bytes, and one that the object has no room for are refused, and the log tells.
  void set(std::string slot, AmfValue value);
  void remove(std::string slot);
  void clear();
  /// To every client of the object. Refused as set() refuses a value; value_bytes is for all of it together.
  void send(std::string handler, std::vector<AmfValue> arguments = {});

  /// What is set, removed and sent between lock() and as many unlock() reaches clients in one message, as one
  /// version. What clients write meanwhile is applied, and goes out with it. A handle that goes, with all its
  /// copies, unlocks.
  void lock();
  void unlock();

  /// What clients changed, once for each message that goes out; what the server itself changes is not told.
  /// One callback per handle (and its copies).
  void onSync(std::function<void(std::span<const HostedChange>)> callback);
  /// Writes a persistent object to the disk now instead of within OriginOptions::save_interval. `done` gets
  /// an empty text, or one sentence that says what went wrong.
  void flush(std::function<void(const std::string& error)> done = {});

 private:
  friend class origin::ApplicationInstance;
  explicit HostedObject(std::shared_ptr<origin::ObjectHandle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<origin::ObjectHandle> handle_;
};

/// The answer to one call of a client, to be given when it is known: once, from any thread. When the last
/// copy goes without an answer, the call has failed.
class Responder {
 public:
  Responder() = default;
  void result(AmfValue value) const;
  void fail(std::string description) const;

 private:
  friend class origin::ApplicationInstance;
  explicit Responder(std::shared_ptr<origin::PendingReply> reply) : reply_(std::move(reply)) {}
  std::shared_ptr<origin::PendingReply> reply_;
};

/// What a server does for one application: the counterpart of Flash Media Server's main.asc. Derive from it,
/// override what matters, and register it in OriginOptions::application_factories. Each instance
/// ("chat/room1", "chat/room2") gets an object of its own, with clients, streams and shared objects of its
/// own, when its first client connects; it goes some time after the last one left.
/// Everything is called on the server's thread, one at a time, also across applications: nothing here may
/// block. What a callback throws goes to the log, and means "no" where a decision was asked for. The methods
/// of Application itself are for the server's thread, from onAppStart() to onAppStop(); method() and
/// deferredMethod() for the constructor too. From other threads use Client and HostedObject.
class Application {
 public:
  using Arguments = std::vector<AmfValue>;
  /// Its result goes back to the client; what it throws becomes NetConnection.Call.Failed with what() as
  /// description.
  using Method = std::function<AmfValue(const Client& client, const Arguments& arguments)>;
  using DeferredMethod =
      std::function<void(const Client& client, const Arguments& arguments, Responder responder)>;

  Application();
  virtual ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  virtual void onAppStart() {}
  /// All clients have gone; shared objects can be written for the last time.
  virtual void onAppStop() {}

  virtual ConnectDecision onConnect(const Client& client, const ConnectRequest& request);
  /// Of every client that onConnect() did not turn away.
  virtual void onDisconnect(const Client& client);

  virtual StreamDecision onPublish(const Client& client, const StreamRequest& stream);
  /// The end of what onPublish() has let in: exactly once, before onDisconnect().
  virtual void onUnpublish(const Client& client, const std::string& stream);
  /// May this client play? Once for every request, whether there is such a stream or not.
  virtual StreamDecision onPlay(const Client& client, const StreamRequest& stream);
  /// What was let in plays: at once, or when the publisher comes that it has waited for. Never for a play
  /// that ends without having begun (StreamNotFound, or the player gave up waiting).
  virtual void onPlayStart(const Client& client, const std::string& stream);
  /// The end of a play of which onPlayStart() has told: exactly once, before onDisconnect().
  virtual void onStop(const Client& client, const std::string& stream);

  /// Whether the client may join the object; no: SharedObject.NoReadAccess.
  virtual bool mayRead(const Client& client, const std::string& object);
  /// Whether it may change the slot, or send to the object (then `slot` is empty); no:
  /// SharedObject.NoWriteAccess.
  virtual bool mayWrite(const Client& client, const std::string& object, const std::string& slot);

 protected:
  /// What NetConnection.call reaches. Throws std::invalid_argument for a name that RTMP uses itself
  /// ("publish", "_result" ...) and for an empty one; a name given again replaces its method.
  void method(std::string name, Method method);
  /// For what is known only later.
  void deferredMethod(std::string name, DeferredMethod method);

  /// "chat", or "chat/room1".
  const std::string& scope() const;
  /// Those that are connected.
  std::vector<Client> clients() const;
  std::vector<StreamInfo> streams() const;
  /// Calls every client; no reply is asked for.
  void broadcast(const std::string& method, const Arguments& arguments = {});
  /// The object of this name, made when there is none; temporary and persistent ones have namespaces of their
  /// own. An empty handle, which does nothing, for a name that is not fit for one (1 to 1024 bytes, none of
  /// space ~ % & \ ; : " ' , < > ? #, no command of RTMP).
  HostedObject sharedObject(const std::string& name, bool persistent = false);

 private:
  friend class origin::ApplicationInstance;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Makes the Application of one instance; `scope` is "chat" or "chat/room1". On the server's thread.
using ApplicationFactory = std::function<std::unique_ptr<Application>(const std::string& scope)>;

}  // namespace multiconn
