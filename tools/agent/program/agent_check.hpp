#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include <multiconn/agent.hpp>

#include "net/listener.hpp"
#include "net/readiness.hpp"

namespace multiconn::agent {

/// What HAProxy's agent-check is told (its configuration manual, "agent-check"): "up ready 75%" with the
/// share that is free, "up drain", or "down" with a reason. Each says all there is, so that nothing remains
/// of what was said before. Ends with a newline.
std::string agentCheckLine(const AgentStatus& status);

/// Tells whoever connects one line and closes; waits a moment for the other side to close first, since what
/// HAProxy sends (agent-send) is not read.
class AgentCheck {
 public:
  /// Throws std::system_error with address and port in its sentence. Port 0: the kernel chooses.
  AgentCheck(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
             std::function<std::string()> line);
  std::uint16_t port() const { return listener_.port(); }
  void start();

 private:
  struct Visitor {
    Visitor(net::AsioScheduler& scheduler, net::Socket taken) : socket(scheduler, std::move(taken)) {}
    net::Readiness socket;
    net::Timer deadline;
  };
  void accepted(net::Socket socket);
  void linger(std::uint64_t id);

  net::AsioScheduler& scheduler_;
  std::function<std::string()> line_;
  net::Listener listener_;
  std::map<std::uint64_t, Visitor> visitors_;
  std::uint64_t next_ = 0;
};

}  // namespace multiconn::agent
