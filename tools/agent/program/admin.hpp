#pragma once

#include <string>

#include <multiconn/agent.hpp>

#include "program/http_server.hpp"

namespace multiconn::agent {

/// GET /status (JSON), /metrics and /healthz (200 while clients can come, else 503); POST /pause and
/// /unpause. Operations need the token; without one there are none. `read_needs_token`: so does everything
/// but /healthz.
tools::HttpServer::Handler adminHandler(Agent& agent, const std::string& token, bool read_needs_token);

}  // namespace multiconn::agent
