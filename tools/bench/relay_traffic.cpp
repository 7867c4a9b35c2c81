#include "relay_traffic.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "rtmp/chunk_writer.hpp"
#include "rtmp/message.hpp"
#include "sockets.hpp"

namespace multiconn::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t packet = 1536;  // RTMP 1.0 5.2.3
constexpr std::size_t largest_write = 256 * 1024;
constexpr int frames_per_second = 30;

void fail(const char* what) {
  throw std::runtime_error(std::string("the relay's traffic: ") + what);
}

void receiveAll(int socket, std::size_t count) {
  std::array<char, 4096> buffer;
  while (count > 0) {
    const ssize_t size = ::recv(socket, buffer.data(), std::min(count, buffer.size()), 0);
    if (size <= 0) fail("the connection has ended in its handshake");
    count -= static_cast<std::size_t>(size);
  }
}

/// What an encoder says before its media: connect, and createStream on the same chunk stream.
rtmp::Bytes greeting() {
  rtmp::Bytes bytes;
  rtmp::ChunkWriter writer;
  rtmp::ComposedMessage composed;
  const AmfObject object{{"app", "live"}, {"type", "nonprivate"}, {"tcUrl", "rtmp://balancer/live"}};
  for (const rtmp::Command& command :
       {rtmp::Command{"connect", 1, object, {}}, rtmp::Command{"createStream", 2, nullptr, {}}}) {
    writer.compose(*rtmp::encode({.body = command}), composed);
    for (const rtmp::BytesView slice : composed.slices())
      bytes.insert(bytes.end(), slice.begin(), slice.end());
  }
  return bytes;
}

struct End {
  int socket = -1;
  bool encoder = false;
  bool sending = false;       // encoders: it may be written to
  std::uint64_t owed = 0;     // encoders: bytes that are due
  std::size_t handshake = 0;  // servers: bytes of C0, C1 and C2 so far
};

class Run {
 public:
  Run(int listener, std::uint16_t port, const TrafficOptions& options)
      : listener_(listener),
        port_(port),
        options_(options),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        media_(largest_write, std::byte{0x5A}) {}
  ~Run() {
    for (const auto& end : ends_) ::close(end->socket);
    ::close(epoll_);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void connect() {
    const rtmp::Bytes says = greeting();
    for (std::size_t i = 0; i < options_.connections; ++i) {
      const int encoder = connectToLoopback(port_);
      const std::string first = "\x03" + std::string(packet, '\0');
      sendAll(encoder, rtmp::asBytes(first));
      // A relay of TCP has its server shake hands; the balancer shakes hands itself, and then at its server.
      serveWhile([&] { return hasInput(encoder); });
      receiveAll(encoder, 1 + 2 * packet);
      sendAll(encoder, rtmp::asBytes(std::string(packet, '\0')));
      sendAll(encoder, says);
      add(encoder, true);
      serveWhile([&] { return shaken_ == i + 1; });
    }
  }

  std::uint64_t send() {
    const std::uint64_t before = received_;
    return options_.bits_per_second > 0 ? sendPaced() - before : sendAllThereIs() - before;
  }

 private:
  static bool hasInput(int socket) {
    pollfd entry{socket, POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
  }

  std::uint64_t sendAllThereIs() {
    const std::uint64_t each = options_.bytes / options_.connections;
    const std::uint64_t end = received_ + each * options_.connections;
    owe(each);
    while (received_ < end) {
      sendSome();
      wait(100);
    }
    return received_;
  }

  std::uint64_t sendPaced() {
    const auto begin = Clock::now();
    const std::chrono::nanoseconds frame(1'000'000'000 / frames_per_second);
    int frames = 0;
    for (auto now = begin; now < begin + options_.duration; now = Clock::now()) {
      for (; begin + frames * frame <= now; ++frames) owe(options_.bits_per_second / 8 / frames_per_second);
      sendSome();
      wait(1);
    }
    return received_;
  }

  template <typename Done>
  void serveWhile(Done done) {
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (Clock::now() > deadline) fail("no answer within 10 s");
      while (hasInput(listener_)) add(acceptConnection(listener_), false);
      wait(1);
    }
  }

  void add(int socket, bool encoder) {
    ends_.push_back(std::make_unique<End>(End{socket, encoder, encoder}));
    epoll_event event{};
    event.events = encoder ? EPOLLOUT | EPOLLIN | EPOLLET : EPOLLIN;
    event.data.ptr = ends_.back().get();
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) fail("no descriptors left");
  }

  void wait(int milliseconds) {
    std::array<epoll_event, 256> events;
    const int found = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < found; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      End& end = *static_cast<End*>(event.data.ptr);
      if (!end.encoder) {
        serve(end);
      } else if ((event.events & EPOLLOUT) != 0) {
        end.sending = true;
      }
    }
  }

  void serve(End& end) {
    std::array<char, 4096> buffer;
    constexpr std::size_t whole = 1 + 2 * packet;
    if (end.handshake == whole) {
      // MSG_TRUNC: the kernel throws away what it would have copied, so that the relay is what is measured.
      const ssize_t size = ::recv(end.socket, nullptr, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
      if (size == 0) fail("the relay has closed a connection");
      if (size > 0) received_ += static_cast<std::uint64_t>(size);
      return;
    }
    const ssize_t size =
        ::recv(end.socket, buffer.data(), std::min(whole - end.handshake, buffer.size()), MSG_DONTWAIT);
    if (size <= 0) return;
    const bool had_first = end.handshake >= 1 + packet;
    end.handshake += static_cast<std::size_t>(size);
    if (!had_first && end.handshake >= 1 + packet)
      sendAll(end.socket, rtmp::asBytes("\x03" + std::string(2 * packet, '\0')));
    if (end.handshake == whole) ++shaken_;
  }

  void owe(std::uint64_t bytes) {
    for (const auto& end : ends_)
      if (end->encoder) end->owed += bytes;
  }

  void sendSome() {
    for (const auto& end : ends_)
      if (end->encoder && end->sending && end->owed > 0) sendSome(*end);
  }

  void sendSome(End& end) {
    const std::size_t wanted = std::min<std::uint64_t>(end.owed, media_.size());
    const ssize_t sent = ::send(end.socket, media_.data(), wanted, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) fail("the relay has closed a connection");
    if (sent > 0) end.owed -= static_cast<std::uint64_t>(sent);
    end.sending = sent == static_cast<ssize_t>(wanted);
  }

  int listener_;
  std::uint16_t port_;
  const TrafficOptions& options_;
  int epoll_;
  rtmp::Bytes media_;
  std::vector<std::unique_ptr<End>> ends_;
  std::size_t shaken_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace

RelayTraffic::RelayTraffic() : listener_(listenOnLoopback()) {}
RelayTraffic::~RelayTraffic() {
  ::close(listener_);
}

std::uint16_t RelayTraffic::serverPort() const {
  return localPort(listener_);
}

TrafficResult RelayTraffic::run(std::uint16_t relay_port, const Process& relay,
                                const TrafficOptions& options) {
  Run run(listener_, relay_port, options);
  run.connect();
  const double cpu_before = relay.cpuSeconds();
  const auto begin = Clock::now();
  TrafficResult result;
  result.bytes = run.send();
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  result.relay_cpu = relay.cpuSeconds() - cpu_before;
  return result;
}

}  // namespace multiconn::bench
