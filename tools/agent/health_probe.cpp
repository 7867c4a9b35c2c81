#include "agent/health_probe.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/random.hpp"

namespace multiconn::agent {
namespace {

std::string messageOf(int error) {
  if (error == ECONNREFUSED) return "refuses connections";
  return "cannot be reached: " + std::system_category().message(error);
}

/// Bound, so that its port is known before the server can see it.
net::Socket boundSocket(int family) {
  net::Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage any{};
  any.ss_family = static_cast<sa_family_t>(family);
  const socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (socket && ::bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&any), size) != 0)
    socket.reset();
  return socket;
}

}  // namespace

HealthProbe::HealthProbe(net::AsioScheduler& scheduler, HealthProbeOptions options, HealthProbeEvents events)
    : scheduler_(scheduler), options_(std::move(options)), events_(std::move(events)) {
  look();
}

void HealthProbe::look() {
  timer_ = scheduler_.after(options_.timeout, [this] {
    finish(false, place() + " does not answer an RTMP handshake within " +
                      std::to_string(options_.timeout.count()) + " ms");
  });
  lookup_.emplace(scheduler_, options_.host, options_.port,
                  [this](net::LookupResult result) { found(std::move(result)); });
}

void HealthProbe::found(net::LookupResult result) {
  lookup_.reset();
  addresses_ = std::move(result.addresses);
  next_address_ = 0;
  connectToNext(result.failure.text);
}

/// `why`: what was wrong with the address before.
void HealthProbe::connectToNext(const std::string& why) {
  socket_.reset();
  settle(false);
  std::string reason = why;
  while (next_address_ < addresses_.size()) {
    const int error = beginConnect(addresses_[next_address_++]);
    if (error == 0) return socket_->waitWritable([this] { connected(); });
    settle(false);
    reason = place() + " " + messageOf(error);
  }
  finish(false, reason);
}

int HealthProbe::beginConnect(const net::Address& address) {
  net::Socket socket = boundSocket(address.family());
  if (!socket) return errno;
  local_port_ = net::Address::ofSocket(socket.descriptor()).port();
  events_.probing(local_port_);
  if (::connect(socket.descriptor(), address.data(), address.size()) != 0 && errno != EINPROGRESS)
    return errno;
  socket_.emplace(scheduler_, std::move(socket));
  return 0;
}

void HealthProbe::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_->descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return connectToNext(place() + " " + messageOf(error));
  settle(true);
  handshake_.emplace(rtmp::Handshake::Role::client, net::randomHandshakePackets(), 0);
  transmit(handshake_->start());
  socket_->waitReadable([this] { receive(); });
}

/// The connection that was being made has been, or cannot be.
void HealthProbe::settle(bool taken) {
  if (const std::uint16_t port = std::exchange(local_port_, 0)) events_.probed(port, taken);
}

/// The first words of a connection: 3 KiB in all, which any send buffer takes whole.
void HealthProbe::transmit(const rtmp::Bytes& bytes) {
  // What goes wrong is seen by the read that follows.
  [[maybe_unused]] const auto sent = ::send(socket_->descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void HealthProbe::receive() {
  std::array<std::byte, 4096> buffer{};
  const auto count = ::recv(socket_->descriptor(), buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return socket_->waitReadable([this] { receive(); });
  if (count <= 0) return finish(false, place() + " closes the connection in the RTMP handshake");
  rtmp::BytesView received(buffer.data(), static_cast<std::size_t>(count));
  rtmp::Bytes answer;
  if (handshake_->receive(received, answer) != rtmp::Error::none)
    return finish(false, place() + " answers with something that is no RTMP handshake");
  if (!answer.empty()) transmit(answer);
  if (handshake_->done()) return finish(true, "");
  socket_->waitReadable([this] { receive(); });
}

void HealthProbe::finish(bool answers, const std::string& why) {
  lookup_.reset();
  socket_.reset();
  settle(false);
  timer_ = scheduler_.after(options_.period, [this] { look(); });
  events_.verdict(answers, why);
}

std::string HealthProbe::place() const {
  return "the RTMP server " + options_.host + " port " + std::to_string(options_.port);
}

}  // namespace multiconn::agent
