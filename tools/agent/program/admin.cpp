#include "agent/program/admin.hpp"

#include <utility>

#include "agent/program/attributes.hpp"
#include "program/admin_access.hpp"

namespace multiconn::agent {
namespace {

using http::HttpRequest;
using http::HttpResponse;
using http::HttpServer;

HttpResponse json(std::string body) {
  return {200, "application/json", std::move(body), {}};
}

HttpResponse text(unsigned status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body) + "\n", {}};
}

/// The reason is for those alone who may read it in /status too: it may hold paths and addresses.
HttpResponse health(const AgentStatus& status, bool may_read) {
  if (statusWord(status) == "RUNNING") return text(200, "ok");
  return text(503, status.trouble.empty() || !may_read ? statusWord(status) : status.trouble);
}

HttpResponse read(const Agent& agent, const HttpRequest& request) {
  if (request.path == "/healthz") return health(agent.status(), true);
  if (request.path == "/status") return json(attributesJson(agent.status()));
  if (request.path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", metricsText(agent.status()), {}};
  return text(404, "there is /status, /metrics, /healthz, /pause and /unpause");
}

HttpResponse operate(Agent& agent, const HttpRequest& request) {
  if (request.path == "/pause") {
    agent.pause();
    return json(R"({"paused":true})");
  }
  if (request.path == "/unpause") {
    agent.unpause();
    return json(R"({"paused":false})");
  }
  return text(404, "there is /pause and /unpause");
}

}  // namespace

HttpServer::Handler adminHandler(Agent& agent, const AdminOptions& options) {
  HttpServer::Handler reading = [&agent](const HttpRequest& request) { return read(agent, request); };
  HttpServer::Handler operating = [](const HttpRequest&) {
    return text(403, "nothing can be changed here: the agent has no --admin-token-file");
  };
  const std::string& token = options.token;
  if (!token.empty()) {
    operating =
        tools::requireToken(token, [&agent](const HttpRequest& request) { return operate(agent, request); });
  }
  reading = options.token_for_reading && !token.empty()
                ? tools::requireToken(token, std::move(reading))
                : tools::requireKnownHost(options.names, token, std::move(reading));
  return [&agent, reading, operating](const HttpRequest& request) {
    if (request.method == "POST") return operating(request);
    if (request.method != "GET" && request.method != "HEAD") return text(405, "GET and POST are taken");
    if (request.path == "/pause" || request.path == "/unpause") return text(405, "this takes a POST");
    HttpResponse response = reading(request);
    const bool refused = response.status == 401 || response.status == 421;
    return refused && request.path == "/healthz" ? health(agent.status(), false) : response;
  };
}

}  // namespace multiconn::agent
