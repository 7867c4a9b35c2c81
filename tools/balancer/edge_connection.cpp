#include "balancer/edge_connection.hpp"

#include <array>
#include <utility>

#include "balancer/keep_alive.hpp"
#include "net/random.hpp"
#include "net/tcp_transport.hpp"

namespace multiconn::balancer {
namespace {

net::Address peerOf(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  return ::getpeername(descriptor, address, &size) == 0 ? net::Address(address, size) : net::Address();
}

}  // namespace

EdgeConnection::EdgeConnection(net::AsioScheduler& scheduler, EdgeNames& names, const std::string& host,
                               std::uint16_t port, std::function<void(EdgeReached)> done)
    : scheduler_(scheduler),
      done_(std::move(done)),
      handshake_(rtmp::Handshake::Role::client, net::randomHandshakePackets(), 0),
      outgoing_(handshake_.start()),
      asked_(names.find(host, port, [this, host](const net::LookupResult& result) { found(host, result); })) {
}

EdgeConnection::~EdgeConnection() = default;

void EdgeConnection::found(const std::string& host, const net::LookupResult& result) {
  if (result.addresses.empty()) return finish(result.failure.text);
  connector_.emplace(scheduler_, host, result.addresses,
                     [this](net::ConnectResult connection) { connected(std::move(connection)); });
}

void EdgeConnection::connected(net::ConnectResult result) {
  connector_.reset();
  if (!result.socket) return finish(result.failure.text);
  noticeVanishedPeer(result.socket.descriptor());
  own_end_ = net::Address::ofSocket(result.socket.descriptor());
  far_end_ = peerOf(result.socket.descriptor());
  transport_ = std::make_unique<net::TcpTransport>(scheduler_, std::move(result.socket));
  write();
  read();
}

// Errors show when reading.
void EdgeConnection::write() {
  if (writing_ || outgoing_.empty()) return;
  const rtmp::BytesView slice = outgoing_;
  const net::IoResult result = transport_->write({&slice, 1});
  outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(result.bytes));
  if (!result.would_block || outgoing_.empty()) return;
  writing_ = true;
  transport_->waitWritable([this] {
    writing_ = false;
    write();
  });
}

void EdgeConnection::read() {
  std::array<std::byte, 4096> buffer;
  while (!handshake_.done()) {
    const net::IoResult result = transport_->read(buffer);
    rtmp::BytesView bytes(buffer.data(), result.bytes);
    const rtmp::Error error = handshake_.receive(bytes, outgoing_);
    if (error != rtmp::Error::none) return finish(make_error_code(error).message());
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    if (result.error) return finish(result.error.message());
    if (result.ended) return finish("closed during the handshake");
    write();
    if (result.would_block && !handshake_.done()) return transport_->waitReadable([this] { read(); });
  }
  // A wait for writing would have a handler that is gone.
  if (!writing_) return finish({});
  finish("takes nothing during the handshake");
}

void EdgeConnection::finish(std::string failure) {
  EdgeReached reached;
  if (failure.empty()) reached.transport = std::move(transport_);
  reached.own_end = own_end_;
  reached.far_end = far_end_;
  reached.unsent = std::move(outgoing_);
  reached.received = std::move(received_);
  reached.failure = std::move(failure);
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(reached));
}

}  // namespace multiconn::balancer
