#include "balancer/rtmp_peer.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "support/sockets.hpp"

namespace multiconn::balancer::test {

RtmpPeer::RtmpPeer(net::test::Loop& loop, net::Socket socket, rtmp::Handshake::Role role)
    : loop_(loop), socket_(std::move(socket)), connection_(role, rtmp::Limits{}, {}, 0) {
  flush();
}

RtmpPeer RtmpPeer::to(net::test::Loop& loop, std::uint16_t port, int receive_buffer) {
  net::Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0)
    ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const net::Address address = *net::Address::numeric("127.0.0.1", port);
  EXPECT_EQ(::connect(socket.descriptor(), address.data(), address.size()), 0);
  return RtmpPeer(loop, std::move(socket), rtmp::Handshake::Role::client);
}

bool RtmpPeer::handshake() {
  return until([this] { return connection_.open(); }) && connection_.open();
}

void RtmpPeer::send(const rtmp::Message& message) {
  rtmp::ComposedMessage composed;
  flush();
  connection_.compose(*rtmp::encode(message), composed);
  for (const rtmp::BytesView slice : composed.slices())
    outgoing_.insert(outgoing_.end(), slice.begin(), slice.end());
  flush();
}

bool RtmpPeer::flushed() {
  return until([this] { return outgoing_.empty(); }) && outgoing_.empty();
}

void RtmpPeer::connect(const std::string& app, AmfObject object, double transaction) {
  object.set("app", app);
  object.set("tcUrl", "rtmp://balancer/" + app);
  send({.body = rtmp::Command{"connect", transaction, std::move(object), {}}});
}

void RtmpPeer::call(const std::string& method, double transaction, std::uint32_t stream_id,
                    std::vector<AmfValue> arguments) {
  send({.stream_id = stream_id, .body = rtmp::Command{method, transaction, nullptr, std::move(arguments)}});
}

std::optional<rtmp::Message> RtmpPeer::next() {
  EXPECT_TRUE(until([this] { return !messages_.empty(); }));
  if (messages_.empty()) return {};
  rtmp::Message message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

std::optional<rtmp::Command> RtmpPeer::nextCommand() {
  while (const auto message = next()) {
    if (const auto* const command = std::get_if<rtmp::Command>(&message->body)) return *command;
  }
  return {};
}

bool RtmpPeer::waitEnded() {
  return until([this] { return ended_; });
}

std::size_t RtmpPeer::trySendRaw(rtmp::BytesView bytes) {
  const ssize_t sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) ended_ = true;
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool RtmpPeer::sendRaw(rtmp::BytesView bytes) {
  return until([&] {
    bytes = bytes.subspan(trySendRaw(bytes));
    return bytes.empty();
  });
}

std::string RtmpPeer::raw(std::size_t count) {
  EXPECT_TRUE(loop_.until([&] {
    loop_.settle();
    raw_ += rtmp::asText(readSome());
    return ended_ || raw_.size() >= count;
  })) << raw_.size();
  return std::exchange(raw_, {});
}

void RtmpPeer::shutdownWrite() {
  ::shutdown(socket_.descriptor(), SHUT_WR);
}

void RtmpPeer::reset() {
  net::test::resetConnection(std::move(socket_));
}

bool RtmpPeer::until(const std::function<bool()>& done) {
  return loop_.until([&] {
    loop_.settle();
    handle();
    return ended_ || done();
  });
}

rtmp::Bytes RtmpPeer::readSome() {
  rtmp::Bytes bytes(64 * 1024);
  const ssize_t size = ::recv(socket_.descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  ended_ = ended_ || size == 0 || (size < 0 && errno != EAGAIN);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

void RtmpPeer::handle() {
  std::vector<rtmp::Message> received;
  for (rtmp::Bytes bytes = readSome(); !bytes.empty(); bytes = readSome())
    EXPECT_EQ(connection_.receive(bytes, loop_.scheduler().now(), received), rtmp::Error::none);
  for (rtmp::Message& message : received) messages_.push_back(std::move(message));
  if (!ended_) flush();
}

void RtmpPeer::flush() {
  rtmp::Bytes& pending = connection_.pendingOutput();
  outgoing_.insert(outgoing_.end(), pending.begin(), pending.end());
  pending.clear();
  const std::size_t sent = outgoing_.empty() ? 0 : trySendRaw(outgoing_);
  outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(sent));
}

ScriptedEdge::ScriptedEdge(net::test::Loop& loop) : loop_(loop), listener_(loop.scheduler(), "127.0.0.1", 0) {
  listener_.start([this](net::Socket socket, const net::Address&) { sockets_.push_back(std::move(socket)); });
}

net::Socket ScriptedEdge::takeSocket() {
  EXPECT_TRUE(loop_.until([this] { return !sockets_.empty(); }));
  if (sockets_.empty()) return {};
  net::Socket socket = std::move(sockets_.front());
  sockets_.pop_front();
  return socket;
}

RtmpPeer ScriptedEdge::take() {
  RtmpPeer peer(loop_, takeSocket(), rtmp::Handshake::Role::server);
  EXPECT_TRUE(peer.handshake());
  return peer;
}

}  // namespace multiconn::balancer::test
