#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/http_server.hpp"

namespace multiconn::tools {

/// Answers 401 to whoever does not send "Bearer TOKEN"; compared in constant time.
http::HttpServer::Handler requireToken(std::string token, http::HttpServer::Handler handler);

/// Whether a Host header names an IP address, localhost or one of `names`, with any port; or nothing, as no
/// browser does.
bool isKnownHost(std::string_view host, const std::vector<std::string>& names);

/// For pages that need no token: `handler` for whoever asks by a known host. A page of elsewhere whose name
/// was made to lead to this machine (DNS rebinding) gives that name away here; it needs the token, or gets
/// 421 (RFC 9110 15.5.20) where there is none.
http::HttpServer::Handler requireKnownHost(std::vector<std::string> names, const std::string& token,
                                           http::HttpServer::Handler handler);

}  // namespace multiconn::tools
