#pragma once

#include <functional>
#include <string>
#include <vector>

#include "balancer/figures.hpp"
#include "http/http_server.hpp"

namespace multiconn::balancer {

struct AdminPagesOptions {
  std::string token;                    ///< secret; empty: nothing can be changed
  bool token_for_reading = true;        ///< for documents too, not for the page's own files and /healthz
  std::vector<std::string> names = {};  ///< under which they may be read without a token
};

/// What the admin listener serves: the status page at /, GET /servers, /history, /metrics and /healthz, and
/// POST /servers/ID/pause and /servers/ID/unpause. The references outlive the handler.
http::HttpServer::Handler adminPages(AdminPagesOptions options, EdgeDirectory& edges, const History& history,
                                     std::function<Figures()> figures,
                                     std::function<balance::TimePoint()> now, Log log);

}  // namespace multiconn::balancer
