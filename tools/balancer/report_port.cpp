#include "balancer/report_port.hpp"

#include <linux/sock_diag.h>
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
// The first is for processes that may exceed net.core.rmem_max (CAP_NET_ADMIN); the other is cut to it.
void makeRoom(const net::Socket& socket, int bytes) {
  const auto set = [&](int option) {
    return ::setsockopt(socket.descriptor(), SOL_SOCKET, option, &bytes, sizeof bytes) == 0;
  };
  if (!set(SO_RCVBUFFORCE)) set(SO_RCVBUF);
}

// socket(7): twice what was set, the other half being for the kernel's own notes.
int roomOf(const net::Socket& socket) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUF, &bytes, &size);
  return bytes / 2;
}

// sk_drops of the kernel: all since the socket was made, modulo 2^32.
std::uint32_t dropsOf(int descriptor) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  ::getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, figures.data(), &size);
  return figures[SK_MEMINFO_DROPS];
}

net::Socket boundSocket(const net::Address& address, int room) {
  const auto fail = [&] {
    throw std::system_error(errno, std::system_category(), "cannot listen for reports on " + address.text());
  };
  net::Socket socket(::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) fail();
  const int off = 0;
  if (address.isIpv6()) ::setsockopt(socket.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  makeRoom(socket, room);
  if (::bind(socket.descriptor(), address.data(), address.size()) != 0) fail();
  return socket;
}

}  // namespace

class ReportPort::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, net::Socket socket, Receive receive, int room)
      : complaint_(complaintOf(roomOf(socket), room)),
        socket_(scheduler, std::move(socket)),
        receive_(std::move(receive)),
        bytes_(batch * datagram_bytes) {
    for (std::size_t i = 0; i < batch; ++i) {
      slices_[i] = {bytes_.data() + i * datagram_bytes, datagram_bytes};
      messages_[i].msg_hdr.msg_iov = &slices_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &senders_[i];
    }
    wait();
  }

  int descriptor() const { return socket_.descriptor(); }
  const std::string& complaint() const { return complaint_; }
  std::uint64_t dropped() {
    dropped_ += static_cast<std::uint32_t>(dropsOf(descriptor()) - static_cast<std::uint32_t>(dropped_));
    return dropped_;
  }

 private:
  static std::string complaintOf(int given, int wanted) {
    if (given >= wanted) return {};
    return "reports that wait get " + std::to_string(given) + " bytes of the kernel's memory instead of " +
           std::to_string(wanted) + ", since net.core.rmem_max is " + std::to_string(given) +
           ": when hundreds of edges report at the same moment, some of their reports are lost";
  }

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

  std::string complaint_;
  net::Readiness socket_;
  Receive receive_;
  rtmp::Bytes bytes_;
  std::array<sockaddr_storage, batch> senders_{};
  std::array<iovec, batch> slices_{};
  std::array<mmsghdr, batch> messages_{};
  std::uint64_t dropped_ = 0;
};

ReportPort::ReportPort(net::AsioScheduler& scheduler, const net::Address& address, Receive receive, int room)
    : impl_(std::make_unique<Impl>(scheduler, boundSocket(address, room), std::move(receive), room)) {}
ReportPort::~ReportPort() = default;

net::Address ReportPort::address() const {
  return net::Address::ofSocket(impl_->descriptor());
}

const std::string& ReportPort::complaint() const {
  return impl_->complaint();
}

std::uint64_t ReportPort::dropped() const {
  return impl_->dropped();
}

}  // namespace multiconn::balancer
