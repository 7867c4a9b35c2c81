#include "support/rtmp_answerer.hpp"

#include "net/listener.hpp"
#include "net/message_pump.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_transport.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::net::test {

struct RtmpAnswerer::Impl {
  Impl(AsioScheduler& on, std::shared_ptr<const TlsContext> context, const std::string& address)
      : scheduler(on), tls(std::move(context)), listener(on, address, 0) {}

  AsioScheduler& scheduler;
  std::shared_ptr<const TlsContext> tls;
  Listener listener;
  std::vector<rtmp::Message> received;
  std::size_t opened = 0;
  std::size_t ended = 0;
  std::vector<std::string> failures;
  std::vector<std::unique_ptr<Client>> clients;
};

struct RtmpAnswerer::Client : PumpEvents {
  Client(Impl& owner, Socket socket) : server(owner) {
    if (server.tls) {
      secure(std::move(socket));
    } else {
      start(std::make_unique<TcpTransport>(server.scheduler, std::move(socket)));
    }
  }

  void secure(Socket socket) {
    securing = std::make_unique<TlsTransport>(server.scheduler, std::move(socket), server.tls, "");
    securing->handshake([this](std::optional<LinkFailure> failure) {
      if (!failure) return start(std::move(securing));
      server.failures.push_back(failure->text);
      securing.reset();
    });
  }

  void start(std::unique_ptr<Transport> transport) {
    pump =
        std::make_unique<MessagePump>(server.scheduler, std::move(transport), rtmp::Handshake::Role::server,
                                      rtmp::Limits{}, static_cast<PumpEvents&>(*this));
    pump->start();
  }
  void opened() override { ++server.opened; }
  void message(rtmp::Message message) override {
    rtmp::ServerReaction reaction = session.handle(message);
    server.received.push_back(std::move(message));
    send(reaction);
    for (const rtmp::ServerEvent& event : reaction.events) {
      if (std::holds_alternative<rtmp::server_event::ConnectRequested>(event)) send(session.acceptConnect());
      if (const auto* publish = std::get_if<rtmp::server_event::PublishRequested>(&event))
        send(session.acceptPublish(publish->stream_id));
    }
  }
  void writable() override {}
  void closed(LinkFailure failure) override {
    if (failure.code) {
      server.failures.push_back(failure.text);
    } else {
      ++server.ended;
    }
  }
  void send(const rtmp::ServerReaction& reaction) {
    for (const rtmp::OutMessage& message : reaction.send) pump->trySend(message);
  }

  Impl& server;
  rtmp::ServerSession session{rtmp::Limits{}};
  std::unique_ptr<TlsTransport> securing;
  std::unique_ptr<MessagePump> pump;
};

RtmpAnswerer::RtmpAnswerer(AsioScheduler& scheduler, std::shared_ptr<const TlsContext> tls,
                           const std::string& address)
    : impl_(std::make_unique<Impl>(scheduler, std::move(tls), address)) {
  impl_->listener.start([impl = impl_.get()](Socket socket, const Address&) {
    impl->clients.push_back(std::make_unique<Client>(*impl, std::move(socket)));
  });
}

RtmpAnswerer::~RtmpAnswerer() = default;

std::uint16_t RtmpAnswerer::port() const {
  return impl_->listener.port();
}
const std::vector<rtmp::Message>& RtmpAnswerer::received() const {
  return impl_->received;
}
std::size_t RtmpAnswerer::opened() const {
  return impl_->opened;
}
std::size_t RtmpAnswerer::ended() const {
  return impl_->ended;
}
std::vector<std::string> RtmpAnswerer::failures() const {
  return impl_->failures;
}

void RtmpAnswerer::send(const rtmp::OutMessage& message) {
  for (const auto& client : impl_->clients) client->pump->trySend(message);
}

void RtmpAnswerer::closeAll() {
  impl_->clients.clear();
}

}  // namespace multiconn::net::test
