#include "bench_balancer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "sockets.hpp"

namespace multiconn::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* key_text = "the key of this measurement only";
constexpr std::chrono::milliseconds interval{2500};

std::string executable() {
  const auto own = std::filesystem::read_symlink("/proc/self/exe");
  const std::string path = own.parent_path() / "multiconn-balancer";
  if (::access(path.c_str(), X_OK) != 0) throw std::runtime_error("there is no " + path);
  return path;
}

std::vector<std::string> arguments(const scratch::TemporaryFolder& folder, std::size_t edges,
                                   const std::vector<std::string>& options) {
  const std::string key_file = folder.file("balancer.key");
  std::ofstream(key_file) << key_text << '\n';
  std::filesystem::permissions(key_file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::vector<std::string> all{"--listen",           "127.0.0.1:0",        "--udp",  "127.0.0.1:0", "--admin",
                               "127.0.0.1:0",        "--key-file",         key_file, "--log-level", "error",
                               "--hold-until-edges", std::to_string(edges)};
  all.insert(all.end(), options.begin(), options.end());
  return all;
}

/// Of a GET on 127.0.0.1, with its header.
std::string fetch(std::uint16_t port, const std::string& path) {
  const int socket = connectToLoopback(port);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  sendAll(socket, std::as_bytes(std::span(request)));
  std::string answer;
  std::array<char, 64 * 1024> piece;
  for (ssize_t size = 0; (size = ::read(socket, piece.data(), piece.size())) > 0;)
    answer.append(piece.data(), static_cast<std::size_t>(size));
  ::close(socket);
  return answer;
}

std::uint16_t portIn(const std::string& line) {
  return static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
}

balance::Guid guidOf(std::size_t number) {
  balance::Guid guid;
  for (std::size_t i = 0; i < 4; ++i) guid.bytes[15 - i] = static_cast<std::byte>(number >> (8 * i) & 0xFF);
  return guid;
}

}  // namespace

BenchBalancer::BenchBalancer(const scratch::TemporaryFolder& folder,
                             const std::vector<balance::RedirectAddress>& edges,
                             const std::vector<std::string>& options, int cpu)
    : process_(executable(), arguments(folder, edges.size(), options), cpu),
      socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  port_ = portIn(process_.line());
  udp_port_ = portIn(process_.line());
  admin_port_ = portIn(process_.line());
  const auto now = Clock::now();
  for (std::size_t i = 0; i < edges.size(); ++i) {
    agents_.push_back(
        {{}, balance::Sealer(balance::SharedKey(key_text), guidOf(i), balance::Boot{1, {}}), {}});
    Agent& agent = agents_.back();
    agent.report.addresses = {edges[i]};
    agent.report.connection_capacity = 100'000'000;
    agent.report.accepts = 0;
    agent.due = now + interval * (i + 1) / edges.size();
  }
  introduceAll();
}

BenchBalancer::~BenchBalancer() {
  ::close(socket_);
}

// The kernel drops reports that it has no room for: in portions, and once more when some are missing.
void BenchBalancer::introduceAll() {
  constexpr std::size_t portion = 100;
  constexpr int attempts = 10;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    for (std::size_t i = 0; i < agents_.size(); ++i) {
      send(agents_[i], 0);
      if ((i + 1) % portion == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (runningEdges() == agents_.size()) return;
  }
  throw std::runtime_error("the balancer knows " + std::to_string(runningEdges()) + " of " +
                           std::to_string(agents_.size()) + " edges");
}

std::size_t BenchBalancer::runningEdges() const {
  constexpr std::string_view name = "multiconn_balancer_edges{status=\"running\"} ";
  const std::string metrics = fetch(admin_port_, "/metrics");
  const std::size_t position = metrics.find(name);
  if (position == std::string::npos) throw std::runtime_error("the balancer has no metrics");
  return static_cast<std::size_t>(std::strtoull(metrics.c_str() + position + name.size(), nullptr, 10));
}

void BenchBalancer::report(std::uint64_t clients) {
  const auto now = Clock::now();
  for (Agent& agent : agents_) {
    if (agent.due > now) continue;
    send(agent, clients);
    agent.due += interval;
  }
}

void BenchBalancer::send(Agent& agent, std::uint64_t clients) {
  agent.report.connections = static_cast<std::uint32_t>(clients / agents_.size());
  agent.report.accepts = clients / agents_.size();
  agent.report.sent = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const rtmp::Bytes datagram = agent.sealer.seal(balance::encode(agent.report), ++seq_);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(udp_port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::sendto(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&address),
           sizeof address);
}

}  // namespace multiconn::bench
