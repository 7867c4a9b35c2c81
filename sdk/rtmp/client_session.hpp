#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"
#include "rtmp/pending_calls.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::rtmp {

/// What goes into connect's command object (RTMP 1.0 7.2.1.1).
struct ConnectRequest {
  std::string app;
  std::string tc_url;
  std::string flash_version;
  bool encoder = true;  ///< type=nonprivate and swfUrl, as encoders send; false: a player's fields
  std::vector<AmfValue> arguments;
  bool amf3 = false;               ///< ask for objectEncoding 3
  bool follows_redirects = false;  ///< tell a balancer so, which would relay otherwise: "multiconn" is 1
};

struct PublishRequest {
  std::string stream;  ///< the key, with its query
  std::string mode = "live";
};

struct PlayRequest {
  std::string stream;
  double start_ms = -2000;  ///< -2000 live then recorded, -1000 live only, >= 0 recorded from there
  double duration_ms = -1;
  bool reset = true;
  std::uint32_t buffer_ms = 3000;
};

/// RTMP 302: ex.redirect, and ex.redirect2, which has the stream's name behind it.
struct Redirect {
  std::string url;       ///< a tcUrl; not checked
  std::string full_url;  ///< with the stream; empty when the server gave none
};

/// Nothing when the info object names no other server. SRS writes the code 302 beside it as a number, others
/// as a string, or not at all.
std::optional<Redirect> redirectIn(const StatusInfo& status);

namespace client_event {
struct Connected {
  StatusInfo status;
  AmfValue properties;
};
/// `redirect`: where the server sent us instead, when it did.
struct ConnectFailed {
  StatusInfo status;
  std::optional<Redirect> redirect;
};
/// Of a connection that stands: Connect.Rejected with a redirect, as SRS sends it at publish or play.
struct Redirected {
  StatusInfo status;
  Redirect redirect;
};
/// NetConnection.Connect.ReconnectRequest (Enhanced RTMP v2, "Reconnect Request"). `tc_url` may be relative,
/// or empty: the present one.
struct ReconnectRequested {
  StatusInfo status;
  std::string tc_url;
};
struct PublishStarted {
  std::uint32_t stream_id = 0;
  StatusInfo status;
};
/// Refused, or createStream failed. Also sent when a running publish is ended by the server.
struct PublishFailed {
  std::uint32_t stream_id = 0;
  StatusInfo status;
};
struct PlayStarted {
  std::uint32_t stream_id = 0;
  StatusInfo status;
};
struct PlayFailed {
  std::uint32_t stream_id = 0;
  StatusInfo status;
};
/// Any other onStatus, or onPlayStatus; stream_id 0 concerns the connection.
struct StatusReceived {
  std::uint32_t stream_id = 0;
  StatusInfo status;
};
/// Audio, video or data of a stream that is being played.
struct MediaReceived {
  Message message;
};
/// User control StreamEOF.
struct StreamEnded {
  std::uint32_t stream_id = 0;
};
/// A call from the server that the session does not answer itself; answer with result() or callFailed()
/// unless transaction is 0.
struct Called {
  std::string method;
  double transaction = 0;
  std::vector<AmfValue> arguments;
};
/// The server asked for the connection to be closed ("close").
struct CloseRequested {};
/// The answer to call().
using rtmp::CallAnswered;
struct SharedObjectReceived {
  SharedObjectMessage message;
};
}  // namespace client_event

using ClientEvent =
    std::variant<client_event::Connected, client_event::ConnectFailed, client_event::PublishStarted,
                 client_event::PublishFailed, client_event::PlayStarted, client_event::PlayFailed,
                 client_event::StatusReceived, client_event::MediaReceived, client_event::StreamEnded,
                 client_event::Called, client_event::CloseRequested, client_event::Redirected,
                 client_event::ReconnectRequested, client_event::CallAnswered,
                 client_event::SharedObjectReceived>;

/// What to send, in order, and what happened.
struct ClientReaction {
  std::vector<OutMessage> send;
  std::vector<ClientEvent> events;
};

/// The client's side of the commands of one connection: connect .. publish .. unpublish, and play. Pure:
/// messages in, messages and events out. One publish at a time; any number of plays.
class ClientSession {
 public:
  ClientSession(ConnectRequest request, const Limits& limits)
      : request_(std::move(request)), limits_(limits), calls_(limits) {}

  /// connect, and behind it, when a publish is already wanted, releaseStream, FCPublish and createStream;
  /// publish follows createStream's result, since the stream id is never guessed.
  ClientReaction connect(std::optional<PublishRequest> pipelined = {});
  /// Ignored unless connected and not publishing; a publish that was pipelined must not be repeated.
  ClientReaction publish(PublishRequest request);
  /// createStream alone, so that a publish() to come takes one round trip. Nothing is published, or
  /// announced, before that. Ignored unless connected and neither publishing nor prepared.
  ClientReaction prepare();
  /// FCUnpublish and deleteStream; no answer is awaited. What was prepared is left.
  ClientReaction unpublish();
  ClientReaction play(PlayRequest request);
  ClientReaction stopPlay(std::uint32_t stream_id);
  /// Sends a result for client_event::Called; without the value when it cannot be encoded.
  ClientReaction result(double transaction, AmfValue value);
  /// Sends _error with NetConnection.Call.Failed for client_event::Called.
  ClientReaction callFailed(double transaction, std::string_view description);

  /// NetConnection.call on message stream 0. `transaction` becomes what CallAnswered will carry: 0 when no
  /// reply is wanted. An error, and nothing sent: not connected, too many calls wait, or the arguments cannot
  /// be encoded.
  Error call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply, double& transaction,
             ClientReaction& reaction);
  /// The answer is not awaited any longer.
  void forgetCall(double transaction);
  /// A shared object message in the encoding agreed upon; an error when not connected or not encodable.
  Error sendSharedObject(SharedObjectMessage message, ClientReaction& reaction);
  /// objectEncoding 3 was agreed upon.
  bool amf3() const { return amf3_; }

  /// Unsolicited, mistyped and unknown messages are ignored; nothing a server sends is an error here.
  ClientReaction handle(const Message& message);

  bool connected() const { return state_ == State::connected; }
  bool publishing() const { return publish_ && publish_->started; }
  /// The message stream to send media on; 0 unless publishing.
  std::uint32_t publishStreamId() const { return publishing() ? publish_->stream_id : 0; }

 private:
  enum class State : std::uint8_t { idle, connecting, connected, failed };
  enum class Pending : std::uint8_t { connect, publish_stream, play_stream, publish, play, ignored };
  struct Publish {
    PublishRequest request;
    std::uint32_t stream_id = 0;
    bool started = false;
  };
  struct Play {
    PlayRequest request;
    bool started = false;
  };
  struct PendingCall {
    Pending what = Pending::ignored;
    std::uint32_t stream_id = 0;
    std::optional<PlayRequest> play = {};
  };

  double send(ClientReaction& reaction, std::uint32_t stream_id, std::string_view name, AmfValue object,
              std::vector<AmfValue> arguments, PendingCall pending);
  void handleCommand(const Message& message, const Command& command, ClientReaction& reaction);
  void handleResult(const Command& command, bool ok, ClientReaction& reaction);
  void handleConnectResult(const Command& command, bool ok, ClientReaction& reaction);
  void failConnect(StatusInfo status, ClientReaction& reaction);
  void handleStreamCreated(const PendingCall& call, const Command& command, bool ok,
                           ClientReaction& reaction);
  void handleStatus(const Message& message, const Command& command, ClientReaction& reaction);
  void handleCall(const Command& command, ClientReaction& reaction);
  void forget(Pending what, std::uint32_t stream_id);
  void deleteStream(std::uint32_t id, ClientReaction& reaction);

  // client_session_call.cpp
  CallForm callForm() const { return {amf3_}; }
  bool handleCallAnswer(const Command& command, bool ok, ClientReaction& reaction);
  bool handleRedirect(const StatusInfo& status, ClientReaction& reaction);

  // client_session_publish.cpp
  void announcePublish(ClientReaction& reaction);
  void requestPublishStream(ClientReaction& reaction);
  void publishOnSpare(ClientReaction& reaction);
  bool keepAsSpare(std::optional<std::uint32_t> id);
  bool inUse(std::uint32_t stream_id) const;
  void handlePublishStream(std::optional<std::uint32_t> id, StatusInfo failure, ClientReaction& reaction);
  void resumePublish(ClientReaction& reaction);
  void sendPublish(ClientReaction& reaction);
  bool handlePublishStatus(std::uint32_t stream_id, const StatusInfo& status, ClientReaction& reaction);
  void startPublish(StatusInfo status, ClientReaction& reaction);
  void failPublish(StatusInfo status, ClientReaction& reaction);

  // client_session_play.cpp
  void handlePlayStream(const PendingCall& call, std::optional<std::uint32_t> id, StatusInfo failure,
                        ClientReaction& reaction);
  void sendPlay(std::uint32_t id, const PlayRequest& request, ClientReaction& reaction);
  bool handlePlayStatus(std::uint32_t stream_id, const StatusInfo& status, ClientReaction& reaction);
  void startPlay(std::uint32_t stream_id, StatusInfo status, ClientReaction& reaction);
  void failPlay(std::uint32_t stream_id, StatusInfo status, ClientReaction& reaction);
  void handleMedia(const Message& message, ClientReaction& reaction);

  ConnectRequest request_;
  Limits limits_;
  State state_ = State::idle;
  std::uint32_t bandwidth_checks_ = 0;
  bool amf3_ = false;
  std::map<double, PendingCall> pending_;
  PendingCalls calls_;  // of the application; numbers the session's own too
  std::optional<Publish> publish_;
  std::optional<std::uint32_t> spare_;  // a stream that was prepared; 0: createStream is on its way
  std::map<std::uint32_t, Play> plays_;
};

}  // namespace multiconn::rtmp
