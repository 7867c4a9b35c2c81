#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/http_server.hpp"

namespace multiconn::http {

/// Whether a Host header names an IP address, localhost or one of `names`, with any port; or nothing, as no
/// browser does.
bool isKnownHost(std::string_view host, const std::vector<std::string>& names);

/// `handler` for whoever asks by a known host, else `otherwise`. A page of elsewhere whose name was made to
/// lead to this machine (DNS rebinding) gives that name away in Host.
HttpServer::Handler requireKnownHost(std::vector<std::string> names, HttpServer::Handler handler,
                                     HttpServer::Handler otherwise);

/// Answers 421 (RFC 9110 15.5.20) with this text.
HttpServer::Handler misdirected(std::string text);

}  // namespace multiconn::http
