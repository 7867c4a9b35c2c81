#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"
#include "rtmp/pending_calls.hpp"

namespace multiconn::rtmp {

namespace server_event {
struct ConnectRequested {
  std::string app;    ///< without query and trailing slash
  std::string query;  ///< what followed "?" in app
  std::string tc_url, flash_version;
  AmfObject object;  ///< the whole command object
  std::vector<AmfValue> arguments;
};
/// Answer with acceptPublish() or rejectPublish().
struct PublishRequested {
  std::uint32_t stream_id = 0;
  std::string name;  ///< without its query
  std::string query;
  std::string mode;  ///< "record" or "append"; "live" for anything else, as some clients send nonsense here
};
/// Answer with acceptPlay() or rejectPlay(), at once or after waiting for a publisher.
struct PlayRequested {
  std::uint32_t stream_id = 0;
  std::string name, query;
  double start_ms = -2000;  ///< -2000, -1000, or >= 0
  double duration_ms = -1;  ///< -1: all of it
  bool reset = true;
};
/// The stream stopped publishing or playing: closeStream, deleteStream, FCUnpublish or publish(false).
struct StreamClosed {
  std::uint32_t stream_id = 0;
};
/// Audio, video or data on a stream that was accepted for publishing.
struct MediaReceived {
  Message message;
};
/// Of a playing stream; answered already, with Pause.Notify or Unpause.Notify.
struct PauseRequested {
  std::uint32_t stream_id = 0;
  bool pause = false;
  double time_ms = 0;
};
/// Of a playing stream. Answer with status(): NetStream.Seek.Notify, or NetStream.Seek.Failed of level error.
struct SeekRequested {
  std::uint32_t stream_id = 0;
  double time_ms = 0;  ///< not negative
};
/// Of a playing stream: audio or video is to be left out, or sent again; answered already.
struct ReceiveRequested {
  std::uint32_t stream_id = 0;
  bool video = false;  ///< else audio
  bool enabled = true;
};
/// Any other command; answer with result() or callFailed() unless transaction is 0.
struct Called {
  std::string method;
  double transaction = 0;
  std::vector<AmfValue> arguments;
};
/// The answer to call().
using rtmp::CallAnswered;
struct SharedObjectReceived {
  SharedObjectMessage message;
};
}  // namespace server_event

using ServerEvent =
    std::variant<server_event::ConnectRequested, server_event::PublishRequested, server_event::PlayRequested,
                 server_event::StreamClosed, server_event::MediaReceived, server_event::PauseRequested,
                 server_event::SeekRequested, server_event::ReceiveRequested, server_event::Called,
                 server_event::CallAnswered, server_event::SharedObjectReceived>;

struct ServerReaction {
  std::vector<OutMessage> send;
  std::vector<ServerEvent> events;
  /// The connection has to be closed once `send` is out: a second connect, a command before connect, too many
  /// streams.
  Error close = Error::none;
};

/// The server's side of the commands of one connection. Pure: messages in, messages and events out; the
/// application decides about connect, publish and play by the methods below, at once or later. Commands that
/// a client has pipelined behind connect wait for acceptConnect(), whose reaction then holds their events
/// too. Media on a stream that was not accepted for publishing is ignored. App and stream names above
/// Limits::max_name, or with control characters, are refused here.
class ServerSession {
 public:
  explicit ServerSession(const Limits& limits) : limits_(limits), calls_(limits) {}

  ServerReaction handle(const Message& message);

  /// Window, bandwidth, StreamBegin 0, the result and onBWDone.
  ServerReaction acceptConnect();
  /// _error with NetConnection.Connect.Rejected, or InvalidApp; the caller closes after sending. `ex` is
  /// where to go instead, {code: 302, redirect: tcUrl}; `application` what rejectConnection() of Flash Media
  /// Server adds for the client, left out when AMF0 has no form for it. Undefined: none.
  ServerReaction rejectConnect(std::string_view code, std::string_view description, AmfValue ex = {},
                               AmfValue application = {});

  ServerReaction acceptPublish(std::uint32_t stream_id);
  ServerReaction rejectPublish(std::uint32_t stream_id, std::string_view code, std::string_view description);

  /// StreamBegin, Play.Reset, Play.Start, |RtmpSampleAccess and Data.Start; media may follow.
  ServerReaction acceptPlay(std::uint32_t stream_id, bool recorded);
  ServerReaction rejectPlay(std::uint32_t stream_id, std::string_view code, std::string_view description);
  /// Live: the publisher went (UnpublishNotify) or came back (PublishNotify). The play goes on.
  ServerReaction publisherLeft(std::uint32_t stream_id);
  ServerReaction publisherCame(std::uint32_t stream_id);
  /// Recorded: onPlayStatus Play.Complete, Play.Stop, StreamEOF.
  ServerReaction playComplete(std::uint32_t stream_id);
  /// onStatus. `details` are further members of the info object: tcUrl of a ReconnectRequest, or ex of a
  /// redirect on a connection that stands; both on stream 0.
  ServerReaction status(std::uint32_t stream_id, std::string_view level, std::string_view code,
                        std::string_view description, const AmfObject& details = {});

  /// The answer to server_event::Called; without the value when it cannot be encoded.
  ServerReaction result(double transaction, AmfValue value);
  ServerReaction callFailed(double transaction, std::string_view description);

  /// A call to the client (Client.call). `transaction` becomes what CallAnswered will carry: 0 when no reply
  /// is wanted. An error, and nothing sent: not connected, too many calls wait, or not encodable.
  Error call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply, double& transaction,
             ServerReaction& reaction);
  void forgetCall(double transaction);
  /// In the encoding agreed upon; an error when not connected or not encodable.
  Error sendSharedObject(SharedObjectMessage message, ServerReaction& reaction);
  /// The client asked for objectEncoding 3, and gets it.
  bool amf3() const { return amf3_; }

  bool connected() const { return state_ == State::connected; }

 private:
  enum class State : std::uint8_t { waiting, deciding, connected, rejected };
  enum class Use : std::uint8_t { idle, publish_requested, publishing, play_requested, playing };
  struct Stream {
    Use use = Use::idle;
    std::string name;
    bool reset = true;
  };

  void handleCommand(const Message& message, const Command& command, ServerReaction& reaction);
  void handleSharedObject(const Message& message, const SharedObjectMessage& content,
                          ServerReaction& reaction);
  void keepWaiting(const Message& message, ServerReaction& reaction);
  void handleWaiting(ServerReaction& reaction);
  void dispatch(const Message& message, const Command& command, ServerReaction& reaction);
  void handleConnect(const Command& command, ServerReaction& reaction);
  void handleRepeatedConnect(const Message& message, const Command& command, ServerReaction& reaction);
  void handleClose(const Message& message, const Command& command, ServerReaction& reaction);
  void handleCourtesy(const Message& message, const Command& command, ServerReaction& reaction);
  void handlePing(const Message& message, const Command& command, ServerReaction& reaction);
  bool acceptable(std::string_view name) const;
  void close(Error error, ServerReaction& reaction);
  static void sendStatus(std::uint32_t stream_id, std::string_view level, std::string_view code,
                         std::string_view description, ServerReaction& reaction,
                         const AmfObject& details = {});
  static void sendData(std::uint32_t stream_id, std::vector<AmfValue> values, ServerReaction& reaction);
  static void append(ServerReaction&& more, ServerReaction& reaction);

  // server_session_call.cpp
  void handleAnswer(const Message& message, const Command& command, ServerReaction& reaction);
  CallForm callForm() const;

  // server_session_streams.cpp
  void handleCreateStream(const Message& message, const Command& command, ServerReaction& reaction);
  void handleDeleteStream(const Message& message, const Command& command, ServerReaction& reaction);
  void handleCloseStream(const Message& message, const Command& command, ServerReaction& reaction);
  void handlePublish(const Message& message, const Command& command, ServerReaction& reaction);
  void handlePlay(const Message& message, const Command& command, ServerReaction& reaction);
  void closeStream(std::uint32_t stream_id, ServerReaction& reaction);
  void endStream(std::uint32_t stream_id, ServerReaction& reaction);
  void closeNamed(std::string_view text, ServerReaction& reaction);
  Stream* streamIn(std::uint32_t stream_id, Use use);
  Stream* streamForRequest(std::uint32_t stream_id, ServerReaction& reaction);

  // server_session_control.cpp
  void handleFcNotice(const Message& message, const Command& command, ServerReaction& reaction);
  void handleStreamLength(const Message& message, const Command& command, ServerReaction& reaction);
  void handlePause(const Message& message, const Command& command, ServerReaction& reaction);
  void handleSeek(const Message& message, const Command& command, ServerReaction& reaction);
  void handleReceive(const Message& message, const Command& command, ServerReaction& reaction);

  Limits limits_;
  State state_ = State::waiting;
  double connect_transaction_ = 1;
  PendingCalls calls_;            // to the client
  bool amf3_ = false;             // asked for; agreed upon once connected
  bool peer_uses_amf3_ = false;   // a message of type 17 has come
  std::vector<Message> waiting_;  // what came before the application decided about connect
  std::map<std::uint32_t, Stream> streams_;
};

}  // namespace multiconn::rtmp
