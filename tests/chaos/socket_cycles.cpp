#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include <netinet/in.h>

#include <multiconn/multiconn.hpp>

#include "chaos/cycles.hpp"
#include "chaos/last_words.hpp"
#include "chaos/random.hpp"
#include "client/local_server.hpp"
#include "net/tls_context.hpp"
#include "support/certificates.hpp"
#include "support/media_frames.hpp"

namespace multiconn::chaos {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// How long anything may take that takes milliseconds on an idle machine.
constexpr auto patience = 30s;

/// A port that is bound, and that listens or not, where nobody ever accepts.
class DeafPort {
 public:
  explicit DeafPort(bool listens) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    bool made = ::bind(socket_, generic, size) == 0 && ::getsockname(socket_, generic, &size) == 0;
    if (listens) made = made && ::listen(socket_, 1) == 0;
    if (made) port_ = ntohs(address.sin_port);
  }
  ~DeafPort() { ::close(socket_); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  std::string url() const { return "rtmp://127.0.0.1:" + std::to_string(port_) + "/live"; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

struct Ports {
  test::TestAuthority authority;
  std::array<test::LocalServer, 4> servers{test::LocalServer(), test::LocalServer(), test::LocalServer(),
                                           test::LocalServer(certificate())};
  DeafPort refusing{false}, mute{true};

  std::string url(Random& random) {
    const std::size_t which = random.number(0, servers.size() + 2);
    if (which < servers.size()) return servers.at(which).url();
    if (which == servers.size()) return refusing.url();
    return which == servers.size() + 1 ? mute.url() : "rtmp://no-such-host.invalid/live";
  }

 private:
  std::shared_ptr<const net::TlsContext> certificate() const {
    const auto files = authority.issue("cycles", "IP:127.0.0.1");
    return net::TlsContext::server(files.certificate, files.key).context;
  }
};

std::size_t entriesOf(const char* folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

/// The application's object that callbacks refer to: gone right after the MultiConnection.
struct Application {
  std::atomic<int>& late_calls;
  std::atomic<bool> gone = false;
  std::atomic<int> heard = 0;
  void hear() {
    ++heard;
    if (gone) ++late_calls;
  }
};

class Life {
 public:
  Life(std::uint64_t seed, Ports& ports, std::chrono::milliseconds close_gate, CycleResult& result)
      : random_(seed), ports_(ports), close_gate_(close_gate), result_(result) {}

  void live() {
    std::atomic<int> late_calls = 0;
    {
      std::optional<Runtime> runtime(std::in_place);
      Application application{late_calls};
      std::optional<MultiConnection> connection(std::in_place, *runtime, options());
      NetStream stream = connection->setNetStreams();
      connection->onStatus([&](const Status&) { application.hear(); });
      stream.onStatus([&](const Status&) { application.hear(); });
      if (random_.chance(80)) stream.publish("key");
      connection->connect(destinations(), [&](const SetupOutcome&) { application.hear(); });
      for (std::size_t steps = random_.number(0, 8); steps > 0; --steps)
        step(*connection, stream, application);
      if (random_.chance(60)) close(*connection);
      const auto asked = Clock::now();
      connection.reset();
      application.gone = true;
      runtime.reset();
      judge("The destructors", Clock::now() - asked);
    }
    if (late_calls > 0) result_.complaints.emplace_back("a callback came after the destructor");
  }

 private:
  ConnectOptions options() {
    ConnectOptions options;
    // Else the certificate is refused.
    if (random_.chance(80)) options.tls.ca_file = ports_.authority.caFile();
    options.setup_timeout = 500ms;
    options.reconnect.first_delay = 5ms;
    options.reconnect.longest_delay = 50ms;
    return options;
  }

  std::vector<Destination> destinations() {
    std::vector<Destination> list(random_.number(0, 4));
    for (Destination& each : list) each = destination();
    return list;
  }

  Destination destination() {
    Destination destination;
    destination.url = ports_.url(random_);
    destination.standby = random_.chance(25);
    return destination;
  }

  void step(MultiConnection& connection, NetStream& stream, Application& application) {
    switch (random_.number(0, 7)) {
      case 0:
        return random_.chance(50) ? stream.stop() : stream.publish("key");
      case 1:
      case 2:
        return write(stream);
      case 3:
        return connection.callRemote("question", [&](const Reply&) { application.hear(); });
      case 4:
        return ports_.servers.at(random_.number(0, ports_.servers.size() - 1)).closeAll();
      case 5: {
        const ServerId id = connection.add(destination());
        if (random_.chance(50)) connection.remove(id);
        return;
      }
      default:
        return await(application, application.heard + static_cast<int>(random_.number(1, 3)));
    }
  }

  /// Until so much was said, or for 20 ms: that is when the next step comes, not what is tested.
  void await(const Application& application, int count) {
    const auto until = Clock::now() + 20ms;
    while (application.heard < count && Clock::now() < until) std::this_thread::yield();
  }

  void write(NetStream& stream) {
    stream.writeVideo(test::videoConfig());
    for (std::uint32_t i = 0; i < 20; ++i)
      stream.writeVideo(test::video(i == 0 ? FrameKind::key : FrameKind::inter, i, (next_ += 40ms),
                                    random_.number(20, 20'000)));
  }

  void close(MultiConnection& connection) {
    const auto closed = std::make_shared<std::promise<void>>();
    const auto asked = Clock::now();
    connection.ncClose([closed] { closed->set_value(); });
    if (closed->get_future().wait_for(patience) != std::future_status::ready)
      result_.complaints.emplace_back("ncClose() does not end");
    judge("ncClose()", Clock::now() - asked);
  }

  void judge(const std::string& what, std::chrono::duration<double, std::milli> took) {
    result_.longest_close_ms = std::max(result_.longest_close_ms, took.count());
    if (took > close_gate_)
      result_.complaints.push_back(what + " took " + std::to_string(took.count()) + " ms");
  }

  Random random_;
  Ports& ports_;
  std::chrono::milliseconds close_gate_;
  CycleResult& result_;
  std::chrono::milliseconds next_{};
};

/// Name look-ups that were abandoned end by themselves, on threads of their own.
bool settlesAt(const char* folder, std::size_t wanted) {
  const auto until = Clock::now() + patience;
  while (entriesOf(folder) > wanted) {
    if (Clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

CycleResult runSocketCycles(std::uint64_t first_seed, std::size_t count,
                            std::chrono::milliseconds close_gate) {
  CycleResult result;
  Ports ports;
  // What a process opens once and keeps.
  Life(first_seed, ports, patience, result).live();
  for (test::LocalServer& server : ports.servers) server.closeAll();
  settlesAt("/proc/self/task", 1 + ports.servers.size());
  const std::size_t descriptors = entriesOf("/proc/self/fd"), threads = entriesOf("/proc/self/task");
  for (std::size_t i = 0; i < count && result.complaints.empty(); ++i) {
    runsNow(first_seed + i);
    Life(first_seed + i, ports, close_gate, result).live();
    if (!result.complaints.empty()) result.failed_seed = first_seed + i;
    // As a server that goes on for days would.
    if (i % 50 == 0)
      for (test::LocalServer& server : ports.servers) server.closeAll();
  }
  for (test::LocalServer& server : ports.servers) server.closeAll();
  if (!settlesAt("/proc/self/fd", descriptors))
    result.complaints.push_back("descriptors: " + std::to_string(descriptors) + " before, " +
                                std::to_string(entriesOf("/proc/self/fd")) + " after");
  if (!settlesAt("/proc/self/task", threads))
    result.complaints.push_back("threads: " + std::to_string(threads) + " before, " +
                                std::to_string(entriesOf("/proc/self/task")) + " after");
  return result;
}

}  // namespace multiconn::chaos
