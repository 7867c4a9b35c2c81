#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <multiconn/origin.hpp>

#include "net/message_pump.hpp"
#include "origin/log_limit.hpp"
#include "origin/outbox.hpp"
#include "origin/stream_use.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::origin {

class ClientMembership;
class GatedTransport;
class LiveStream;
class StreamVisit;
struct ServerContext;

/// One accepted peer: its messages, its session, and what it publishes and plays. Everything on the strand,
/// where all peers take turns: one that asks for more than its share waits, and is not read meanwhile.
class ClientConnection final : public net::PumpEvents, public std::enable_shared_from_this<ClientConnection> {
 public:
  /// `address`: for people to read. `gone` is called once, last of all.
  ClientConnection(ServerContext& context, std::unique_ptr<net::Transport> transport, std::string address,
                   std::function<void(ClientConnection&)> gone);
  ~ClientConnection() override;

  void start();
  /// Closes, in good order or at once. `why` goes into the log.
  void end(std::string_view why, net::CloseMode mode = net::CloseMode::abort);

  /// Lets go of everything it uses: it has ended, or is about to be destroyed.
  void leave();

  /// Sends what the session answered and does what it reported.
  void perform(rtmp::ServerReaction reaction);
  /// A shared object's message; it waits for a client that is slow, up to a bound.
  void sendObject(const rtmp::OutMessage& message);
  /// What the session has to say to a client that is let in, which is for perform().
  rtmp::ServerReaction acceptConnect();
  /// Lets go of a stream's use, from within a call of that use.
  void discard(std::uint32_t stream_id);
  /// The stream plays from now on.
  void playBegan(std::uint32_t stream_id);
  /// Counts work that the message of now has brought about; the unit is about that of sending a message.
  void spend(std::size_t work);

  /// Null before connect, and where it led nowhere.
  ClientMembership* member() { return member_.get(); }
  rtmp::ServerSession& session() { return session_; }
  Outbox& outbox() { return outbox_; }
  ServerContext& context() { return context_; }
  const std::string& address() const { return address_; }
  rtmp::TimePoint now() const;
  net::LinkStats stats() const { return pump_.stats(); }
  void log(OriginLogLevel level, std::string_view what) const;
  /// "127.0.0.1:4711 plays live/**** (1f2e3d4c)".
  void log(OriginLogLevel level, std::string_view what, const LiveStream& stream) const;

  void opened() override;
  void message(rtmp::Message received) override;
  void writable() override;
  void closed(net::LinkFailure failure) override;

 private:
  void on(rtmp::server_event::ConnectRequested& request);
  void on(rtmp::server_event::PublishRequested& request);
  void on(rtmp::server_event::PlayRequested& request);
  void on(rtmp::server_event::StreamClosed& stream);
  void on(rtmp::server_event::MediaReceived& media);
  void on(rtmp::server_event::PauseRequested& request);
  void on(rtmp::server_event::SeekRequested& request);
  void on(rtmp::server_event::ReceiveRequested& request);
  void on(rtmp::server_event::Called& call);
  void on(rtmp::server_event::CallAnswered& answer);
  void on(rtmp::server_event::SharedObjectReceived& received);
  bool login(const rtmp::server_event::ConnectRequested& request);
  void join(const rtmp::server_event::ConnectRequested& request);
  void refuse(std::string_view code, std::string_view description);
  std::unique_ptr<StreamVisit> visitPublishing(const rtmp::server_event::PublishRequested& request);
  std::unique_ptr<StreamVisit> visitPlaying(const rtmp::server_event::PlayRequested& request);
  void use(std::uint32_t stream_id, std::shared_ptr<StreamUse> use, std::unique_ptr<StreamVisit> visit);
  void unuse(std::uint32_t stream_id);
  bool playRecorded(const rtmp::server_event::PlayRequested& request, std::unique_ptr<StreamVisit>& visit);
  bool answerStreamLength(const rtmp::Command& command);
  void noteBufferLength(const rtmp::UserControl& control);
  StreamUse* useOf(std::uint32_t stream_id);
  void handle(const rtmp::Message& message);
  void waitForTurn();
  void takeTurn();
  void finishMedia();
  std::optional<std::uint64_t> admitLine(OriginLogLevel level) const;
  void write(OriginLogLevel level, std::string_view what, std::uint64_t left_out) const;
  void watch();

  ServerContext& context_;
  std::string address_;
  std::function<void(ClientConnection&)> gone_;
  rtmp::ServerSession session_;
  std::unique_ptr<GatedTransport> transport_;  // until the pump has it
  GatedTransport& gate_;
  net::MessagePump pump_;
  Outbox outbox_;
  std::string app_;
  std::string user_;  // who has logged in
  std::shared_ptr<ClientMembership> member_;
  struct Use {
    std::unique_ptr<StreamVisit> visit;  // ends behind the use
    std::shared_ptr<StreamUse> use;
  };
  std::map<std::uint32_t, Use> uses_;
  std::optional<std::uint32_t> buffer_length_ms_;
  std::deque<rtmp::Message> backlog_;  // what was read and waits for a turn
  std::size_t spent_ = 0;              // of this turn's work
  mutable LogLimit lines_, debug_lines_;
  net::Timer deadline_;
  rtmp::TimePoint started_;
  // For finding a peer that takes nothing any more.
  std::uint64_t bytes_sent_ = 0;
  rtmp::TimePoint last_progress_;
  bool ending_ = false;
};

}  // namespace multiconn::origin
