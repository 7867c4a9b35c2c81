#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <multiconn/origin.hpp>

#include "net/message_pump.hpp"
#include "origin/outbox.hpp"
#include "origin/stream_use.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::origin {

class LiveStream;
struct ServerContext;

/// One accepted peer: its messages, its session, and what it publishes and plays. Everything on the strand.
class ClientConnection final : public net::PumpEvents, public std::enable_shared_from_this<ClientConnection> {
 public:
  /// `address`: for people to read. `gone` is called once, last of all.
  ClientConnection(ServerContext& context, std::unique_ptr<net::Transport> transport, std::string address,
                   std::function<void(ClientConnection&)> gone);
  ~ClientConnection() override;

  void start();
  /// Closes, in good order or at once. `why` goes into the log.
  void end(std::string_view why, net::CloseMode mode = net::CloseMode::abort);

  /// Sends what the session answered and does what it reported.
  void perform(rtmp::ServerReaction reaction);
  /// Lets go of a stream's use, from within a call of that use.
  void discard(std::uint32_t stream_id);

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
  void message(rtmp::Message message) override;
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
  bool acceptsApplication() const;
  bool playRecorded(const rtmp::server_event::PlayRequested& request);
  bool answerStreamLength(const rtmp::Command& command);
  void noteBufferLength(const rtmp::UserControl& control);
  StreamUse* useOf(std::uint32_t stream_id);
  void watch();

  ServerContext& context_;
  std::string address_;
  std::function<void(ClientConnection&)> gone_;
  rtmp::ServerSession session_;
  net::MessagePump pump_;
  Outbox outbox_;
  std::string app_;
  std::map<std::uint32_t, std::shared_ptr<StreamUse>> uses_;
  std::optional<std::uint32_t> buffer_length_ms_;
  net::Timer deadline_;
  rtmp::TimePoint started_;
  // For finding a peer that takes nothing any more.
  std::uint64_t bytes_sent_ = 0;
  rtmp::TimePoint last_progress_;
  bool ending_ = false;
};

}  // namespace multiconn::origin
