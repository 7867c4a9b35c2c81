#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/http_server.hpp"
#include "program/endpoint.hpp"

namespace CLI {
class App;
}

namespace multiconn::tools {

/// Where a program is looked after, and who may do it.
struct AdminListener {
  Endpoint at;
  std::string token;               ///< secret; empty: nothing can be changed there
  std::vector<std::string> names;  ///< under which it may be read on loopback without the token
  /// Reading needs the token everywhere else.
  bool loopback() const;
};

/// As it is written on the command line.
struct AdminLine {
  std::string at, token_file;
  std::vector<std::string> names;
};

/// --admin, --admin-name and --admin-token-file; `serves`: what is found there, for --help.
void addAdminOptions(CLI::App& app, AdminLine& line, const std::string& serves);

/// Nothing: no listener is asked for. A port without an address is one of loopback; another address needs a
/// token. `warn` gets one sentence when others may read the token's file. Throws std::runtime_error with one
/// sentence.
std::optional<AdminListener> readAdmin(const AdminLine& line,
                                       const std::function<void(const std::string&)>& warn);

/// Answers 401 to whoever does not send "Bearer TOKEN"; compared in constant time.
http::HttpServer::Handler requireToken(std::string token, http::HttpServer::Handler handler);

/// For pages that need no token: `handler` for whoever asks by a known host (http::isKnownHost). Under any
/// other name the page needs the token, or gets 421 where there is none.
http::HttpServer::Handler requireKnownHost(std::vector<std::string> names, const std::string& token,
                                           http::HttpServer::Handler handler);

}  // namespace multiconn::tools
