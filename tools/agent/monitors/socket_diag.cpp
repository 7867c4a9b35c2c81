#include "agent/monitors/socket_diag.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace multiconn::agent {
namespace {

constexpr int tcp_established = 1;  // net/tcp_states.h of the kernel
constexpr std::size_t buffer_size = 256 * 1024;

/// What `ss` sends: a header, the request, and a filter program as an attribute.
struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
  rtattr attribute;
  // Port >= N and port <= N; an operation's `no` is how far to jump, beyond the end: not listed.
  std::array<inet_diag_bc_op, 4> filter;
};

Request makeRequest(int family, std::uint16_t local_port, bool with_bytes) {
  constexpr std::uint16_t size = sizeof(inet_diag_bc_op);
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = static_cast<std::uint8_t>(family);
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = 1U << tcp_established;
  if (with_bytes) request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  request.attribute.rta_type = INET_DIAG_REQ_BYTECODE;
  request.attribute.rta_len = RTA_LENGTH(sizeof request.filter);
  request.filter = {
      inet_diag_bc_op{INET_DIAG_BC_S_GE, 2 * size, 4 * size + 4}, inet_diag_bc_op{0, 0, local_port},
      inet_diag_bc_op{INET_DIAG_BC_S_LE, 2 * size, 2 * size + 4}, inet_diag_bc_op{0, 0, local_port}};
  return request;
}

/// A structure from bytes that may lie anywhere; zeros behind those that are there.
template <class T>
T copyOf(std::span<const std::byte> bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

void parseAttributes(std::span<const std::byte> bytes, DiagConnection& connection) {
  while (bytes.size() >= sizeof(rtattr)) {
    const auto attribute = copyOf<rtattr>(bytes);
    if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > bytes.size()) return;
    if (attribute.rta_type == INET_DIAG_INFO) {
      // An older kernel's structure is shorter, and without these counters.
      const auto info = copyOf<tcp_info>(bytes.first(attribute.rta_len).subspan(sizeof(rtattr)));
      connection.bytes_in = info.tcpi_bytes_received;
      connection.bytes_out = info.tcpi_bytes_acked;
    }
    bytes = bytes.subspan(std::min<std::size_t>(RTA_ALIGN(attribute.rta_len), bytes.size()));
  }
}

DiagConnection parseConnection(std::span<const std::byte> body) {
  const auto message = copyOf<inet_diag_msg>(body);
  DiagConnection connection;
  connection.cookie = message.id.idiag_cookie[0] | std::uint64_t{message.id.idiag_cookie[1]} << 32;
  connection.peer_port = ntohs(message.id.idiag_dport);
  parseAttributes(body.subspan(std::min(body.size(), sizeof message)), connection);
  return connection;
}

}  // namespace

void parseDiag(std::span<const std::byte> datagram, DiagAnswer& answer) {
  while (datagram.size() >= sizeof(nlmsghdr) && !answer.done) {
    const auto header = copyOf<nlmsghdr>(datagram);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size()) break;
    const auto body = datagram.first(header.nlmsg_len).subspan(sizeof header);
    if (header.nlmsg_type == NLMSG_DONE) {
      answer.done = true;
    } else if (header.nlmsg_type == NLMSG_ERROR) {
      answer.error = -copyOf<nlmsgerr>(body).error;
      answer.done = true;
    } else if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY && body.size() >= sizeof(inet_diag_msg)) {
      answer.connections.push_back(parseConnection(body));
    }
    datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), datagram.size()));
  }
}

SocketDiag::SocketDiag()
    : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)),
      buffer_(buffer_size) {
  if (!socket_)
    throw std::system_error(errno, std::system_category(),
                            "cannot ask the kernel for connections (sock_diag)");
}

std::vector<DiagConnection> SocketDiag::established(std::uint16_t local_port, bool with_bytes) {
  DiagAnswer answer;
  for (const int family : {AF_INET, AF_INET6}) {
    ask(family, local_port, with_bytes);
    answer.done = false;
    receive(answer);
    // A kernel without IPv6 has none of its connections.
    if (answer.error != 0 && family == AF_INET)
      throw std::runtime_error("the kernel does not tell its connections: " +
                               std::system_category().message(answer.error));
  }
  return std::move(answer.connections);
}

void SocketDiag::ask(int family, std::uint16_t local_port, bool with_bytes) {
  const Request request = makeRequest(family, local_port, with_bytes);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(socket_.descriptor(), &request, sizeof request, 0, reinterpret_cast<const sockaddr*>(&kernel),
               sizeof kernel) < 0)
    throw std::runtime_error("cannot ask the kernel for connections: " +
                             std::system_category().message(errno));
}

void SocketDiag::receive(DiagAnswer& answer) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (!answer.done) {
    const auto size = ::recv(socket_.descriptor(), buffer_.data(), buffer_.size(), 0);
    if (size > 0) {
      parseDiag(std::span(buffer_).first(static_cast<std::size_t>(size)), answer);
    } else if (errno != EAGAIN && errno != EINTR) {
      throw std::runtime_error("the kernel does not tell its connections: " +
                               std::system_category().message(errno));
    } else if (tools::waitFor(socket_.descriptor(), POLLIN, deadline, nullptr) != tools::Waited::ready) {
      throw std::runtime_error("the kernel does not tell its connections in time");
    }
  }
}

}  // namespace multiconn::agent
