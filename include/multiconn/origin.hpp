#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/application.hpp>

namespace multiconn {

enum class OriginLogLevel : std::uint8_t { debug, info, warning, error };

/// What clients may make a server hold. Beyond it a client is refused (shared objects: SharedObject.*Access
/// or ObjectCreationFailed; calls: NetConnection.Call.Failed), and nothing grows.
struct OriginQuotas {
  std::size_t client_objects = 64;         ///< shared objects one client is in at a time
  std::size_t client_calls = 64;           ///< calls of one client, and to it, that wait for a reply
  std::size_t application_objects = 1024;  ///< of one instance; persistent ones on the disk included
  /// Persistent objects that one client, and all clients of one address together, have made and that are
  /// still there. An address is an IPv4 address or an IPv6 /64.
  std::size_t client_new_objects = 64, address_new_objects = 256;
  std::size_t object_slots = 1024;                   ///< slots of one shared object
  std::size_t object_bytes = 1024 * 1024;            ///< names and encoded values of one shared object
  std::size_t value_bytes = 256 * 1024;              ///< one encoded value, or one send() with its arguments
  std::size_t all_object_bytes = 256 * 1024 * 1024;  ///< of all shared objects of the server
  std::size_t instances = 1024;                      ///< applications and instances that live at a time
  std::size_t address_instances = 256;  ///< of them, those that clients of one address have opened
  /// What waits for one slow client of shared objects; beyond it the client is closed.
  std::size_t object_queue_bytes = 8 * 1024 * 1024;
};

/// Where a server listens.
struct OriginAddress {
  std::string address = "::";  ///< numeric; "::" takes IPv4 too
  std::uint16_t port = 1935;   ///< 0: the kernel chooses
};

struct OriginOptions {
  std::string address = "::";                 ///< numeric address to listen on; "::" takes IPv4 too
  std::uint16_t port = 1935;                  ///< 0: the kernel chooses, see OriginServer::port()
  std::vector<OriginAddress> more_addresses;  ///< to listen on besides, for the same
  std::optional<std::uint16_t> http_port;     ///< status page and JSON; 0: the kernel chooses
  std::string http_address = "127.0.0.1";
  /// Host names under which the page is answered besides IP addresses and localhost; under any other one a
  /// web page of elsewhere could read it through a visitor's browser (DNS rebinding).
  std::vector<std::string> http_names;
  /// Names, or names with an instance, that the built-in application serves: streams, shared objects for
  /// everybody, and the method `echo`. Empty, and no factories: it serves every name.
  std::vector<std::string> applications;
  /// Applications of your own by name ("chat", for every instance of it) or by name and instance
  /// ("chat/room1"); "" stands for every other name.
  std::map<std::string, ApplicationFactory> application_factories;
  /// How long an instance stays after its last client has left; longer while it has shared objects that
  /// cannot be saved.
  std::chrono::milliseconds application_idle{10000};
  /// Where record and append write FLV, and persistent shared objects are kept; empty: recording is refused,
  /// and persistent objects live as long as their instance. For one server at a time.
  std::filesystem::path data_dir;
  std::chrono::milliseconds save_interval{500};   ///< a persistent object is written this often at most
  std::chrono::milliseconds call_timeout{10000};  ///< how long Client::call() waits for its reply
  OriginQuotas quotas;
  /// User names and passwords. Not empty: encoders (flashVer with "FMLE", or none at all and type
  /// "nonprivate") have to log in by authmod adobe when they connect, and nobody else may publish.
  std::map<std::string, std::string> publishers;
  /// How long a player waits for a publisher before StreamNotFound.
  std::chrono::milliseconds play_wait{30000};
  /// A peer that sends nothing for so long, not even an answer to pings, is closed.
  std::chrono::milliseconds idle_timeout{60000};
  /// For TLS, and again for RTMP's handshake behind it; a peer that takes longer is closed.
  std::chrono::milliseconds handshake_timeout{10000};
  /// Peers at a time, those that have not said connect yet included; more are turned away.
  std::size_t max_connections = 1024;
  /// What waits for one player: bytes, and the age of the oldest frame; beyond either, frames are dropped to
  /// the next keyframe.
  std::size_t player_queue_bytes = 16 * 1024 * 1024;
  std::chrono::milliseconds player_queue_age{5000};
  /// Per stream, in bytes: most of the newest group of pictures that is kept for players that join.
  std::size_t gop_bytes = 32 * 1024 * 1024;
  std::string tls_certificate_file, tls_key_file;  ///< PEM; both given: rtmps in place of rtmp
  /// Stream names are keys: page, JSON and log show **** and a short id instead, unless this is set.
  bool show_names = false;
  /// One line each, free of secrets and control characters; on the server's thread. What it throws is
  /// ignored.
  std::function<void(OriginLogLevel, const std::string&)> log;
};

/// What a server carries, for whoever balances clients over several.
struct OriginLoad {
  std::size_t connections = 0;          ///< clients whose connect was accepted and that are still there
  std::size_t connection_capacity = 0;  ///< OriginOptions::max_connections
  std::uint64_t accepts = 0;  ///< TCP connections ever taken, those that never said connect included
  std::uint64_t bytes_in = 0, bytes_out = 0;  ///< of all connections since the start
};

/// An RTMP server for development, tests and small events: publish, play, record, shared objects, and
/// applications of your own. Runs on a thread of its own.
class OriginServer {
 public:
  /// Listens. Throws std::runtime_error with one sentence when it cannot.
  explicit OriginServer(OriginOptions options);
  /// Closes every connection, stops the applications, and saves what is to be saved. Not to be called from a
  /// callback of its own.
  ~OriginServer();
  OriginServer(const OriginServer&) = delete;
  OriginServer& operator=(const OriginServer&) = delete;

  /// Of the first address. Any thread, as the two below.
  std::uint16_t port() const;
  /// Nothing: there is no status page.
  std::optional<std::uint16_t> httpPort() const;
  /// Where it listens, one text each: "rtmp 127.0.0.1:1935" (or rtmps) as often as needed, "http [::1]:8080".
  std::vector<std::string> listening() const;
  /// The status document that GET /status.json answers. Any thread.
  std::string statusJson() const;
  /// Any thread; waits for the server's own to have a moment.
  OriginLoad load() const;
  /// Asks every client that is connected to connect again, at `url` (scheme://host[:port]/app) or where it
  /// is, without a gap in what it publishes or plays; see Client::requestReconnect(). Any thread, posts.
  void requestReconnect(std::string url = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn
