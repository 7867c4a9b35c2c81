#include "agent/program/agent_check.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <utility>

namespace multiconn::agent {
namespace {

constexpr std::size_t max_visitors = 64;
constexpr std::chrono::seconds patience{2};

/// Of what is free; 0 only when nothing is.
int weightOf(double share) {
  if (!(share < 1)) return 0;
  return std::clamp(static_cast<int>(std::lround((1 - share) * 100)), 1, 100);
}

/// Behind '#' HAProxy shows the rest of the line.
std::string reason(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text.substr(0, 100);
}

}  // namespace

std::string agentCheckLine(const AgentStatus& status) {
  if (status.state == AgentState::stopping) return "stopped\n";
  if (!status.healthy) return "down #" + reason(status.trouble) + "\n";
  if (status.state == AgentState::paused) return "up drain\n";
  return "up ready " + std::to_string(weightOf(status.share)) + "%\n";
}

AgentCheck::AgentCheck(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
                       std::function<std::string()> line)
    : scheduler_(scheduler), line_(std::move(line)), listener_(scheduler, address, port) {}

void AgentCheck::start() {
  listener_.start([this](net::Socket socket, const net::Address&) { accepted(std::move(socket)); });
}

void AgentCheck::accepted(net::Socket socket) {
  // Whoever has stayed for longest has had its answer.
  if (visitors_.size() >= max_visitors) visitors_.erase(visitors_.begin());
  const std::string line = line_();
  // The first bytes of a connection: its send buffer takes them whole.
  if (::send(socket.descriptor(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
  ::shutdown(socket.descriptor(), SHUT_WR);
  const std::uint64_t id = next_++;
  Visitor& visitor = visitors_.try_emplace(id, scheduler_, std::move(socket)).first->second;
  visitor.deadline = scheduler_.after(patience, [this, id] { visitors_.erase(id); });
  linger(id);
}

void AgentCheck::linger(std::uint64_t id) {
  const auto visitor = visitors_.find(id);
  if (visitor == visitors_.end()) return;
  visitor->second.socket.waitReadable([this, id] {
    const auto ready = visitors_.find(id);
    if (ready == visitors_.end()) return;
    std::array<char, 1024> ignored{};
    const auto count = ::recv(ready->second.socket.descriptor(), ignored.data(), ignored.size(), 0);
    if (count > 0 || (count < 0 && errno == EAGAIN)) return linger(id);
    visitors_.erase(ready);
  });
}

}  // namespace multiconn::agent
