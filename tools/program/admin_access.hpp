#pragma once

#include <string>
#include <vector>

#include "http/http_server.hpp"

namespace multiconn::tools {

/// Answers 401 to whoever does not send "Bearer TOKEN"; compared in constant time.
http::HttpServer::Handler requireToken(std::string token, http::HttpServer::Handler handler);

/// For pages that need no token: `handler` for whoever asks by a known host (http::isKnownHost). Under any
/// other name the page needs the token, or gets 421 where there is none.
http::HttpServer::Handler requireKnownHost(std::vector<std::string> names, const std::string& token,
                                           http::HttpServer::Handler handler);

}  // namespace multiconn::tools
