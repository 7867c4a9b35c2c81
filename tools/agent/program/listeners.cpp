#include "agent/program/listeners.hpp"

#include "agent/program/admin.hpp"
#include "program/listen_on.hpp"

namespace multiconn::agent {
namespace {

std::string placeOf(const std::string& what, const std::string& host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string::npos;
  return what + " " + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

Listeners::Listeners(const ListenerOptions& options, std::optional<Agent>& edge) : edge_(edge) {
  if (options.admin) listenForAdmin(*options.admin, options);
  if (options.agent_check) listenForChecks(*options.agent_check);
}

Listeners::~Listeners() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void Listeners::start() {
  thread_ = std::thread([this] { io_.run(); });
}

void Listeners::listenForAdmin(const tools::AdminListener& admin, const ListenerOptions& options) {
  const AdminOptions access{admin.token, !admin.loopback(), admin.names};
  const auto answer = [this, access](const http::HttpRequest& request) {
    return adminHandler(*edge_, access)(request);
  };
  const std::string host = tools::listenOn(admin.at.host, [&](const std::string& numeric) {
    admin_.emplace(scheduler_, numeric, admin.at.port, answer, http::HttpServerOptions{.log = options.log});
  });
  listening_.push_back(placeOf("admin", host, admin_->port()));
}

void Listeners::listenForChecks(const tools::Endpoint& at) {
  const auto line = [this] { return agentCheckLine(edge_->status()); };
  const std::string host = tools::listenOn(
      at.host, [&](const std::string& numeric) { check_.emplace(scheduler_, numeric, at.port, line); });
  listening_.push_back(placeOf("agent-check", host, check_->port()));
  check_->start();
}

}  // namespace multiconn::agent
