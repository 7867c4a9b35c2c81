#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <multiconn/agent.hpp>

#include "agent/program/agent_check.hpp"
#include "http/http_server.hpp"
#include "net/asio_scheduler.hpp"
#include "program/admin_access.hpp"
#include "program/endpoint.hpp"

namespace multiconn::agent {

struct ListenerOptions {
  std::optional<tools::AdminListener> admin;
  std::optional<tools::Endpoint> agent_check;
  std::function<void(const std::string&)> log;  ///< errors, one line each; on the listeners' thread
};

/// The listeners for people and HAProxy, on a thread of their own: however many ask, reports leave in time.
class Listeners {
 public:
  /// Listens; nobody is answered before start(), when there has to be an agent in `edge`, which outlives
  /// this. Throws std::system_error with address and port in its sentence.
  Listeners(const ListenerOptions& options, std::optional<Agent>& edge);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// "admin 127.0.0.1:8937", "agent-check 127.0.0.1:8938": where it really listens.
  const std::vector<std::string>& listening() const { return listening_; }
  void start();

 private:
  void listenForAdmin(const tools::AdminListener& admin, const ListenerOptions& options);
  void listenForChecks(const tools::Endpoint& at);

  std::optional<Agent>& edge_;
  boost::asio::io_context io_{1};
  net::AsioScheduler scheduler_{io_};
  std::shared_ptr<void> work_ = scheduler_.work();
  std::optional<http::HttpServer> admin_;
  std::optional<AgentCheck> check_;
  std::vector<std::string> listening_;
  std::thread thread_;
};

}  // namespace multiconn::agent
