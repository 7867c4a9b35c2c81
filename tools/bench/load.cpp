#include "load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include "rtmp/chunk_writer.hpp"
#include "rtmp/message.hpp"

namespace multiconn::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::size_t handshake_answer = 1 + 2 * 1536;  // S0, S1, S2

std::string rtmpConnect() {
  rtmp::ComposedMessage composed;
  const AmfObject object{{"app", "live"}, {"flashVer", "WIN 32,0,0,465"}, {"tcUrl", "rtmp://balancer/live"}};
  rtmp::ChunkWriter().compose(*rtmp::encode({.body = rtmp::Command{"connect", 1, object, {}}}), composed);
  std::string bytes(1536, 'r');  // C2
  for (const rtmp::BytesView slice : composed.slices()) bytes += rtmp::asText(slice);
  return bytes;
}

/// Counts in microseconds, up to a second.
class Latencies {
 public:
  void add(Clock::duration time) {
    const auto us = static_cast<std::size_t>(std::chrono::duration_cast<microseconds>(time).count());
    ++counts_[std::min(us, counts_.size() - 1)];
    ++total_;
  }
  double quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    std::uint64_t sum = 0;
    for (std::size_t us = 0; us < counts_.size(); ++us)
      if ((sum += counts_[us]) > wanted) return static_cast<double>(us);
    return 0;
  }

 private:
  std::vector<std::uint32_t> counts_ = std::vector<std::uint32_t>(1'000'000);
  std::uint64_t total_ = 0;
};

class Load {
 public:
  explicit Load(const LoadOptions& options)
      : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)), connections_(options.connections) {
    const bool stays = options.kind == LoadKind::keep_alive;
    request_ = options.kind == LoadKind::rtmp_redirects
                   ? "\x03" + std::string(1536, '\0')
                   : "GET " + options.path + " HTTP/1.1\r\nHost: balancer\r\n" +
                         (stays ? "" : "Connection: close\r\n") + "\r\n";
    if (options.kind == LoadKind::rtmp_redirects) connect_ = rtmpConnect();
  }
  ~Load() {
    for (Connection& each : connections_)
      if (each.socket >= 0) ::close(each.socket);
    ::close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void run() {
    for (Connection& each : connections_) open(each);
    const auto end = Clock::now() + options_.duration;
    std::array<epoll_event, 256> events;
    while (Clock::now() < end) {
      const int found = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
      for (int i = 0; i < found; ++i) {
        readable(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
      if (options_.tick) options_.tick(result_.answers);
    }
  }
  LoadResult result() const {
    LoadResult result = result_;
    result.p50_us = latencies_.quantile(0.5);
    result.p99_us = latencies_.quantile(0.99);
    return result;
  }

 private:
  struct Connection {
    int socket = -1;
    std::size_t received = 0;
    bool shaken = false;
    Clock::time_point asked;
  };

  void open(Connection& connection) {
    connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connection.received = 0;
    connection.shaken = false;
    connection.asked = Clock::now();
    const int on = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // Over loopback it is connected before connect(2) returns, unless the queue is full: then send() fails.
    ::connect(connection.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET | EPOLLRDHUP;
    event.data.ptr = &connection;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0)
      throw std::runtime_error("the load generator has no descriptors left");
    send(connection, request_);
  }

  void again(Connection& connection) {
    ::close(connection.socket);
    open(connection);
  }

  void send(Connection& connection, const std::string& bytes) {
    const ssize_t sent = ::send(connection.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    ++result_.failures;
    again(connection);
  }

  void readable(Connection& connection) {
    std::array<char, 8192> buffer;
    for (;;) {
      const ssize_t size = ::recv(connection.socket, buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return ended(connection);
      const auto count = static_cast<std::size_t>(size);
      const bool speaks = options_.kind != LoadKind::rtmp_redirects || connection.shaken;
      if (speaks && result_.answers == 0 && result_.sample.size() < buffer.size())
        result_.sample.append(buffer.data(), count);
      connection.received += count;
      if (options_.kind == LoadKind::rtmp_redirects) {
        shake(connection);
      } else if (options_.kind == LoadKind::keep_alive && whole(connection)) {
        answered(connection);
        connection.asked = Clock::now();
        connection.received = 0;
        send(connection, request_);
      }
      // Where the peer closes behind its answer, the event may stand for both.
      if (options_.kind == LoadKind::keep_alive && count < buffer.size()) return;
    }
  }

  void shake(Connection& connection) {
    if (connection.shaken || connection.received < handshake_answer) return;
    connection.shaken = true;
    send(connection, connect_);
  }

  /// By the length of the first answer, all others being as long.
  bool whole(const Connection& connection) {
    if (answer_size_ == 0) {
      const std::size_t head = result_.sample.find("\r\n\r\n");
      const std::size_t field = result_.sample.find("Content-Length: ");
      if (head == std::string::npos || field > head) return false;
      answer_size_ = head + 4 + std::stoul(result_.sample.substr(field + 16));
    }
    return connection.received >= answer_size_;
  }

  void ended(Connection& connection) {
    const std::size_t least = options_.kind == LoadKind::rtmp_redirects ? handshake_answer + 1 : 1;
    if (options_.kind != LoadKind::keep_alive && connection.received >= least) {
      answered(connection);
    } else {
      ++result_.failures;
    }
    again(connection);
  }

  void answered(const Connection& connection) {
    ++result_.answers;
    latencies_.add(Clock::now() - connection.asked);
  }

  const LoadOptions& options_;
  int epoll_;
  std::vector<Connection> connections_;
  std::string request_, connect_;
  std::size_t answer_size_ = 0;
  Latencies latencies_;
  LoadResult result_;
};

}  // namespace

LoadResult runLoad(const LoadOptions& options, const Process& server) {
  Load load(options);
  const double server_before = server.cpuSeconds(), own_before = cpuSecondsSoFar();
  const auto begin = Clock::now();
  load.run();
  LoadResult result = load.result();
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  result.server_cpu = server.cpuSeconds() - server_before;
  result.generator_cpu = cpuSecondsSoFar() - own_before;
  return result;
}

}  // namespace multiconn::bench
