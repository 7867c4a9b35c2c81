#include "librtmp/librtmp_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "librtmp/packet_writer.hpp"
#include "librtmp/session.hpp"
#include "net/socket.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::librtmp::test {
namespace {

net::Socket listeningSocket() {
  const net::Address address = *net::Address::numeric("127.0.0.1", 0);
  net::Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::bind(socket.descriptor(), address.data(), address.size());
  ::listen(socket.descriptor(), 5);
  return socket;
}

}  // namespace

struct LibrtmpServer::Impl {
  Impl() {
    thread = std::thread([this] { run(); });
  }
  ~Impl() {
    stopping = true;
    ::shutdown(listener.descriptor(), SHUT_RDWR);
    {
      const std::lock_guard lock(mutex);
      if (client) ::shutdown(client.descriptor(), SHUT_RDWR);
    }
    thread.join();
  }

  void run() {
    while (!stopping) {
      const int descriptor = ::accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0) continue;
      {
        // A second descriptor of the same socket: librtmp closes the first when it likes.
        const std::lock_guard lock(mutex);
        client.reset(::dup(descriptor));
      }
      if (!stopping) serve(descriptor);
      const std::lock_guard lock(mutex);
      client.reset();
    }
  }

  void serve(int descriptor) {
    const Session session(RTMP_Alloc());
    RTMP_Init(session.get());
    session->m_sb.sb_socket = descriptor;
    if (!RTMP_Serve(session.get())) return;
    ++opened;
    if (session->Link.rc4keyIn) ++encrypted;
    rtmp::ServerSession commands{rtmp::Limits{}};
    PacketWriter writer(*session);
    RTMPPacket packet{};
    while (RTMP_ReadPacket(session.get(), &packet)) {
      if (packet.m_nBytesRead != packet.m_nBodySize) continue;
      const auto* body = reinterpret_cast<const std::byte*>(packet.m_body);
      rtmp::RawMessage raw{packet.m_packetType, packet.m_nTimeStamp,
                           static_cast<std::uint32_t>(packet.m_nInfoField2),
                           rtmp::makePayload(rtmp::Bytes(body, body + packet.m_nBodySize))};
      RTMPPacket_Free(&packet);
      handle(std::move(raw), *session, commands, writer);
    }
  }

  void handle(rtmp::RawMessage raw, RTMP& session, rtmp::ServerSession& commands, PacketWriter& writer) {
    const auto message = rtmp::decode(raw, rtmp::Limits{});
    if (!message) return;
    if (const auto* size = std::get_if<rtmp::SetChunkSize>(&message->body)) {
      session.m_inChunkSize = static_cast<int>(size->size);
    }
    if (raw.type >= static_cast<std::uint8_t>(rtmp::MessageType::audio)) {
      const std::lock_guard lock(mutex);
      received.push_back(std::move(raw));
    }
    rtmp::ServerReaction reaction = commands.handle(*message);
    send(reaction, writer);
    for (const rtmp::ServerEvent& event : reaction.events) {
      if (std::holds_alternative<rtmp::server_event::ConnectRequested>(event))
        send(commands.acceptConnect(), writer);
      if (const auto* publish = std::get_if<rtmp::server_event::PublishRequested>(&event))
        send(commands.acceptPublish(publish->stream_id), writer);
    }
  }

  static void send(const rtmp::ServerReaction& reaction, PacketWriter& writer) {
    for (const rtmp::OutMessage& message : reaction.send) writer.send(message);
  }

  net::Socket listener = listeningSocket();
  std::atomic<bool> stopping = false;
  std::atomic<int> opened = 0, encrypted = 0;
  mutable std::mutex mutex;
  net::Socket client;
  std::vector<rtmp::RawMessage> received;
  std::thread thread;
};

LibrtmpServer::LibrtmpServer() : impl_(std::make_unique<Impl>()) {}
LibrtmpServer::~LibrtmpServer() = default;

std::uint16_t LibrtmpServer::port() const {
  return net::Address::ofSocket(impl_->listener.descriptor()).port();
}
std::vector<rtmp::RawMessage> LibrtmpServer::received() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->received;
}
int LibrtmpServer::opened() const {
  return impl_->opened;
}
int LibrtmpServer::encrypted() const {
  return impl_->encrypted;
}

}  // namespace multiconn::librtmp::test
