#include "balancer/report_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "balancer/client_address.hpp"
#include "net/readiness.hpp"

namespace multiconn::balancer {
namespace {

// Longer than any report, so that one that was cut is still seen to be too long.
constexpr std::size_t datagram_bytes = 2048;
constexpr std::size_t batch = 64;
// Of one task: a flood of datagrams leaves clients their turn.
constexpr int batches_per_task = 4;
// Some thousand edges that report at the same moment.
constexpr int receive_buffer = 4 * 1024 * 1024;

net::Socket boundSocket(const net::Address& address) {
  const auto fail = [&] {
    throw std::system_error(errno, std::system_category(), "cannot listen for reports on " + address.text());
  };
  net::Socket socket(::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail();
  const int off = 0;
  if (address.isIpv6()) ::setsockopt(socket.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::bind(socket.descriptor(), address.data(), address.size()) != 0) fail();
  return socket;
}

}  // namespace

class ReportPort::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, net::Socket socket, Receive receive)
      : socket_(scheduler, std::move(socket)), receive_(std::move(receive)), bytes_(batch * datagram_bytes) {
    for (std::size_t i = 0; i < batch; ++i) {
      slices_[i] = {bytes_.data() + i * datagram_bytes, datagram_bytes};
      messages_[i].msg_hdr.msg_iov = &slices_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &senders_[i];
    }
    wait();
  }

  int descriptor() const { return socket_.descriptor(); }

 private:
  void wait() {
    socket_.waitReadable([this] { receiveSome(); });
  }

  void receiveSome() {
    for (int i = 0; i < batches_per_task; ++i) {
      for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      const int count = ::recvmmsg(socket_.descriptor(), messages_.data(), batch, MSG_DONTWAIT, nullptr);
      for (int m = 0; m < count; ++m) hand(static_cast<std::size_t>(m));
      if (count < static_cast<int>(batch)) break;
    }
    wait();
  }

  void hand(std::size_t i) {
    const auto* const sender = reinterpret_cast<const sockaddr*>(&senders_[i]);
    receive_(rtmp::BytesView(bytes_).subspan(i * datagram_bytes, messages_[i].msg_len),
             hostOf(net::Address(sender, messages_[i].msg_hdr.msg_namelen)));
  }

  net::Readiness socket_;
  Receive receive_;
  rtmp::Bytes bytes_;
  std::array<sockaddr_storage, batch> senders_{};
  std::array<iovec, batch> slices_{};
  std::array<mmsghdr, batch> messages_{};
};

ReportPort::ReportPort(net::AsioScheduler& scheduler, const net::Address& address, Receive receive)
    : impl_(std::make_unique<Impl>(scheduler, boundSocket(address), std::move(receive))) {}
ReportPort::~ReportPort() = default;

net::Address ReportPort::address() const {
  return net::Address::ofSocket(impl_->descriptor());
}

}  // namespace multiconn::balancer
