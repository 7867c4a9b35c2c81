#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/link.hpp"
#include "rtmp/server_session.hpp"
#include "support/simulated_login.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::test {

class SimulatedLink;
class SimulatedServer;

/// Connections of one server, in the order in which they came: 1, 2, ...
using ConnectionNumber = std::uint64_t;

/// How a server behaves. The default is a good one at no distance.
struct Script {
  net::Duration rtt{};
  // Before RTMP. At most one.
  bool unknown_name = false;
  bool refuses = false;
  bool never_answers_handshake = false;
  bool web_server = false;
  // Commands.
  net::Duration connect_delay{};             ///< of connect's answer
  std::string reject_connect = {};           ///< with this code, and the connection is closed
  AmfValue reject_ex = {};                   ///< and this `ex`
  std::optional<int> reject_times = {};      ///< only the first so many connects
  std::optional<SimulatedLogin> login = {};  ///< wanted of everybody who connects
  std::string description = "as scripted";
  bool reject_pipelined = false;  ///< createStream before connect's answer: closes
  bool never_answers_publish = false;
  std::string reject_publish = {};        ///< with this code
  std::optional<int> publish_times = {};  ///< reject_publish only the first so many
  std::string redirect_publish = {};      ///< to this tcUrl, as SRS does
  std::string redirect_full_url = {};     ///< ex.redirect2 of it
  bool one_publisher = false;             ///< BadName while another connection publishes that name
  net::Duration publish_delay{};          ///< of Publish.Start
  bool close_on_publish = false;          ///< without a word
  bool close_after_start = false;
  std::uint32_t first_stream_id = 1;
  /// A session whose client has gone without a word goes on publishing for so long.
  net::Duration keeps_dead_sessions{};
  /// The result of a call; nothing: silence. Without it every call fails.
  std::function<std::optional<AmfValue>(const rtmp::server_event::Called&)> on_call = {};
  std::function<void(SimulatedServer&, ConnectionNumber, const rtmp::SharedObjectMessage&)> on_shared_object =
      {};
  /// A longer message ends its connection before anything of it is acknowledged; bytes.
  std::size_t longest_message = SIZE_MAX;
  // The way there.
  std::size_t kernel_bytes = 256 * 1024;  ///< sent and not yet acknowledged, at most
  std::size_t bytes_per_second = 0;       ///< 0: no limit
};

/// What one accepted publish brought.
struct Publication {
  ConnectionNumber connection = 0;
  std::string name;                  ///< without its query
  std::vector<rtmp::Message> media;  ///< audio, video and data
  bool ended = false;                ///< by the client
};

/// The other end of SimulatedLinks: an rtmp::ServerSession with a script for each. Remembers what came. For
/// one case, in messages; real bytes through a MessagePump, and weather, are chaos::Server's.
class SimulatedServer {
 public:
  SimulatedServer(SimulatedLoop& loop, Script script);
  ~SimulatedServer();
  SimulatedServer(const SimulatedServer&) = delete;
  SimulatedServer& operator=(const SimulatedServer&) = delete;

  Script script;
  int connections = 0;
  std::vector<std::string> commands;      ///< names, of all connections
  std::vector<rtmp::Message> media;       ///< audio, video and data of the present publish
  std::vector<std::string> published;     ///< "name?query mode"
  std::vector<std::uint32_t> stream_ids;  ///< of publish commands
  std::vector<net::TimePoint> arrivals;   ///< of `media`
  std::vector<Publication> publications;
  std::optional<net::TimePoint> tcp_established, publish_started;
  std::optional<AmfObject> connect_object;                ///< the last
  std::vector<AmfObject> connect_objects;                 ///< all
  std::vector<rtmp::server_event::Called> calls;          ///< from clients
  std::vector<rtmp::server_event::CallAnswered> answers;  ///< to call()
  std::vector<rtmp::SharedObjectMessage> shared_objects;  ///< from clients
  bool unpublished = false;
  bool client_closed = false;  ///< the present connection

  /// As SIGSTOP: the kernel still answers, and its window closes.
  void stopReading() { reading_ = false; }
  void resumeReading();
  bool reading() const { return reading_; }
  /// A black hole: from now on nothing gets through either way, not even that a connection has ended. heal()
  /// delivers, in order, what is still wanted by then.
  void cutOff();
  void heal();
  bool isCutOff() const { return cut_off_at_.has_value(); }
  std::optional<net::TimePoint> cutOffAt() const { return cut_off_at_; }
  /// The process dies: every connection is reset, every session forgotten, new connections are refused.
  void kill();
  /// It listens again.
  void start() { script.refuses = false; }
  /// The present connection (the newest) ends, or this one.
  void reset(ConnectionNumber connection = 0);
  void close(ConnectionNumber connection = 0);
  bool open(ConnectionNumber connection) const;
  std::size_t openConnections() const;

  // On the present connection, or this one.
  /// A status on the stream that is being published, or else on the connection.
  void sendStatus(bool of_stream, std::string_view level, std::string_view code,
                  std::string_view description);
  void send(const rtmp::Message& message, ConnectionNumber connection = 0);
  void requestReconnect(std::optional<std::string> tc_url = {}, ConnectionNumber connection = 0);
  /// The transaction; 0 when no answer is wanted.
  double call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply = true);
  void sendSharedObject(rtmp::SharedObjectMessage message, ConnectionNumber connection = 0);

  // For SimulatedLink.
  enum class Farewell : std::uint8_t { said, unsaid };
  void attach(SimulatedLink& link);
  void detach(SimulatedLink& link, Farewell farewell);
  void arrived(SimulatedLink& link, rtmp::OutMessage message);
  /// Runs it now, or when the way is free again.
  void whenReachable(std::function<void()> task);

 private:
  struct Client;

  Client* find(const SimulatedLink& link);
  Client* find(ConnectionNumber number);
  const Client* find(ConnectionNumber number) const;
  void process(Client& client, const rtmp::OutMessage& message);
  void react(Client& client, rtmp::ServerReaction reaction);
  void on(Client& client, const rtmp::server_event::ConnectRequested& event);
  void on(Client& client, const rtmp::server_event::PublishRequested& event);
  void on(Client& client, const rtmp::server_event::StreamClosed& event);
  void on(Client& client, const rtmp::server_event::Called& event);
  void on(Client& client, const rtmp::server_event::CallAnswered& event) {
    (void)client, answers.push_back(event);
  }
  void on(Client& client, const rtmp::server_event::SharedObjectReceived& event);
  template <typename Event>
  void on(Client&, const Event&) {}
  void answerConnect(Client& client);
  void redirectPublish(Client& client);
  void acceptPublish(Client& client, const rtmp::server_event::PublishRequested& request);
  bool taken(const Client& client, const std::string& name) const;
  void useUpStreamIds(Client& client);

  SimulatedLoop& loop_;
  std::map<ConnectionNumber, std::unique_ptr<Client>> clients_;
  bool reading_ = true;
  std::optional<net::TimePoint> cut_off_at_;
  std::deque<std::function<void()>> held_back_;  // by a black hole
};

}  // namespace multiconn::test
