#pragma once

#include <string>
#include <vector>

#include <multiconn/agent.hpp>

#include "http/http_server.hpp"

namespace multiconn::agent {

struct AdminOptions {
  std::string token;               ///< secret; empty: nothing can be changed
  bool token_for_reading = false;  ///< for everything but /healthz
  std::vector<std::string> names;  ///< under which it may be read without a token
};

/// GET /status (JSON), /metrics and /healthz (200 while clients can come, else 503, with the reason for those
/// who may read); POST /pause and /unpause.
http::HttpServer::Handler adminHandler(Agent& agent, const AdminOptions& options);

}  // namespace multiconn::agent
