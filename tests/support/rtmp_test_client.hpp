#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rtmp/client_session.hpp"
#include "rtmp/connection.hpp"

namespace multiconn::test {

/// A blocking TCP socket to a port of this machine that gives up at a deadline, for speaking wrongly on
/// purpose.
class RawClient {
 public:
  /// `receive_buffer` of 0: the kernel's default.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the peer has closed, or takes nothing until the deadline.
  bool send(rtmp::BytesView bytes);
  bool send(std::string_view text) { return send(rtmp::asBytes(text)); }
  /// What is there, waiting for at least one byte. Empty: nothing came in time, or the peer has closed: see
  /// closed().
  rtmp::Bytes receive(std::chrono::milliseconds wait = default_wait);
  /// Everything until the peer closes.
  std::string receiveAll();
  /// Waits for the peer's close, ignoring what comes before it.
  bool waitClosed(std::chrono::milliseconds wait = default_wait);
  bool closed() const { return closed_; }
  /// As a crash would: the connection is reset.
  void reset();

  static constexpr std::chrono::milliseconds default_wait{10'000};

 private:
  int socket_ = -1;
  bool closed_ = false;
};

/// An RTMP client made of rtmp::Connection and rtmp::ClientSession. Every step blocks until it is done or its
/// deadline has passed, and reports which.
class RtmpTestClient {
 public:
  struct Options {
    std::string app = "live";
    rtmp::HandshakeForm handshake = rtmp::HandshakeForm::simple;
    int receive_buffer = 0;
    bool answer_pings = true;
    bool amf3 = false;
    bool encoder = false;
    std::vector<AmfValue> arguments = {};  ///< of connect
  };
  explicit RtmpTestClient(std::uint16_t port) : RtmpTestClient(port, Options{}) {}
  RtmpTestClient(std::uint16_t port, Options options);

  bool handshake();
  /// The handshake, unless it is done, and connect.
  bool connect();
  bool publish(const std::string& name, const std::string& mode = "live");
  bool unpublish();
  /// createStream and play, without waiting for play's answer.
  bool requestPlay(rtmp::PlayRequest request);
  bool waitPlaying();
  bool play(const std::string& name, double start_ms = -2000);
  /// Any command of this play's or publish's message stream (pause, seek, ...).
  bool command(std::uint32_t stream_id, const std::string& name, std::vector<AmfValue> arguments);
  bool send(const rtmp::OutMessage& message);

  /// NetConnection.call, and its answer.
  std::optional<rtmp::client_event::CallAnswered> call(const std::string& method,
                                                       std::vector<AmfValue> arguments = {});
  /// The same without waiting; nothing when it cannot be sent.
  std::optional<double> startCall(const std::string& method, std::vector<AmfValue> arguments = {});
  std::optional<rtmp::client_event::CallAnswered> waitAnswer(double transaction);
  /// The next call of the server, which the caller may answer.
  std::optional<rtmp::client_event::Called> nextCall(
      std::chrono::milliseconds wait = RawClient::default_wait);
  bool answer(const rtmp::client_event::Called& call, AmfValue value);
  bool fail(const rtmp::client_event::Called& call, const std::string& description);

  /// One message of a shared object with these events.
  bool sendObject(const std::string& name, std::vector<rtmp::SharedObjectEvent> events,
                  bool persistent = false);
  /// The next message of a shared object.
  std::optional<rtmp::SharedObjectMessage> nextObject(
      std::chrono::milliseconds wait = RawClient::default_wait);

  /// Audio, video or data of the publish.
  bool sendVideo(std::uint32_t timestamp, rtmp::Bytes body);
  bool sendAudio(std::uint32_t timestamp, rtmp::Bytes body);
  bool sendData(std::uint32_t timestamp, std::vector<AmfValue> values);

  /// The next audio, video or data message of a play, without |RtmpSampleAccess.
  std::optional<rtmp::Message> media(std::chrono::milliseconds wait = RawClient::default_wait);
  /// Waits for a status of this code; those before it stay to be found by later calls.
  bool waitStatus(std::string_view code, std::chrono::milliseconds wait = RawClient::default_wait);
  std::optional<rtmp::Command> waitReply(double transaction);
  bool waitClosed() { return raw_.waitClosed(); }
  void reset() { raw_.reset(); }

  std::uint32_t playStreamId() const { return play_stream_id_; }
  const std::deque<rtmp::StatusInfo>& statuses() const { return statuses_; }
  rtmp::ClientSession& session() { return session_; }
  /// Where the server has sent us; nothing while it has not.
  const std::optional<rtmp::Redirect>& redirect() const { return redirect_; }
  bool waitRedirect() {
    return until([this] { return redirect_.has_value(); });
  }
  /// The tcUrl of the server's ReconnectRequest.
  std::optional<std::string> waitReconnectRequest();
  /// How many pings the server has sent.
  std::size_t pings() const { return pings_; }
  /// Reads what is there and handles it; false: nothing came in time, or the connection is over.
  bool step(std::chrono::milliseconds wait);

 private:
  bool until(const std::function<bool()>& done, std::chrono::milliseconds wait = RawClient::default_wait);
  bool perform(rtmp::ClientReaction reaction);
  void note(rtmp::ClientEvent& event);
  void handle(rtmp::Message& message);
  bool flush();

  RawClient raw_;
  Options options_;
  rtmp::Limits limits_;
  rtmp::Connection connection_;
  rtmp::ClientSession session_;
  rtmp::ComposedMessage composed_;
  std::deque<rtmp::Message> media_;
  std::deque<rtmp::StatusInfo> statuses_;
  std::deque<rtmp::Command> replies_;
  std::deque<rtmp::client_event::CallAnswered> answers_;
  std::deque<rtmp::client_event::Called> calls_;
  std::deque<rtmp::SharedObjectMessage> objects_;
  std::optional<rtmp::Redirect> redirect_;
  std::optional<std::string> reconnect_request_;
  std::uint32_t play_stream_id_ = 0;
  std::size_t pings_ = 0;
  bool play_failed_ = false, publish_failed_ = false, connect_failed_ = false;
};

/// Asks again and again until the answer is yes; false when the deadline passes first.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds wait = RawClient::default_wait);

}  // namespace multiconn::test
