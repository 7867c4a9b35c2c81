#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "net/link.hpp"
#include "rtmp/server_session.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::test {

class SimulatedLink;

/// How a server behaves. The default is a good one at no distance.
struct Script {
  net::Duration rtt{};
  // Before RTMP. At most one.
  bool unknown_name = false;
  bool refuses = false;
  bool never_answers_handshake = false;
  bool web_server = false;
  // Commands.
  net::Duration connect_delay{};    ///< of connect's answer
  std::string reject_connect = {};  ///< with this code, and the connection is closed
  AmfValue reject_ex = {};          ///< and this `ex`
  std::string description = "as scripted";
  bool reject_pipelined = false;  ///< createStream before connect's answer: closes
  bool never_answers_publish = false;
  std::string reject_publish = {};  ///< with this code
  bool close_on_publish = false;    ///< without a word
  bool close_after_start = false;
  std::uint32_t first_stream_id = 1;
  // The way there.
  std::size_t kernel_bytes = 256 * 1024;  ///< sent and not yet acknowledged, at most
  std::size_t bytes_per_second = 0;       ///< 0: no limit
};

/// The other end of SimulatedLinks: an rtmp::ServerSession with a script. Remembers what came, connection by
/// connection.
class SimulatedServer {
 public:
  SimulatedServer(SimulatedLoop& loop, Script script);

  Script script;
  int connections = 0;
  std::vector<std::string> commands;      ///< names, of all connections
  std::vector<rtmp::Message> media;       ///< audio, video and data of the present publish
  std::vector<std::string> published;     ///< "name?query mode"
  std::vector<std::uint32_t> stream_ids;  ///< of publish commands
  std::vector<net::TimePoint> arrivals;   ///< of `media`
  std::optional<net::TimePoint> tcp_established, publish_started;
  std::optional<AmfObject> connect_object;
  bool unpublished = false;
  bool client_closed = false;

  void stopReading() { reading_ = false; }
  void resumeReading();
  /// The present connection ends.
  void reset();
  void close();
  /// A status on the stream that is being published, or with 0 on the connection.
  void sendStatus(bool of_stream, std::string_view level, std::string_view code,
                  std::string_view description);
  void send(const rtmp::Message& message);

  // For SimulatedLink.
  void attach(SimulatedLink& link);
  void detach(SimulatedLink& link);
  void arrived(rtmp::OutMessage message);

 private:
  void process(const rtmp::OutMessage& message);
  void react(rtmp::ServerReaction reaction);
  void answerConnect();
  void answerPublish(const rtmp::server_event::PublishRequested& request);
  void useUpStreamIds();

  SimulatedLoop& loop_;
  SimulatedLink* link_ = nullptr;
  std::optional<rtmp::ServerSession> session_;
  std::deque<rtmp::OutMessage> unread_;
  bool reading_ = true;
  std::uint32_t publish_stream_ = 0;
  std::uint32_t used_up_ids_ = 0;
  std::uint64_t generation_ = 0;  // of connections
};

}  // namespace multiconn::test
