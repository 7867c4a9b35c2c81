#include "program/admin_access.hpp"

#include <strings.h>

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "http/known_host.hpp"
#include "program/secret_files.hpp"

namespace multiconn::tools {

using http::HttpRequest;
using http::HttpResponse;
using http::HttpServer;

bool AdminListener::loopback() const {
  return at.host == "::1" || at.host.starts_with("127.");
}

void addAdminOptions(CLI::App& app, AdminLine& line, const std::string& serves) {
  app.add_option("--admin", line.at, serves + "; without an address: loopback")->type_name("ADDR:PORT");
  app.add_option("--admin-name", line.names,
                 "A host name under which the listener on loopback may be read without the token")
      ->type_name("NAME");
  app.add_option("--admin-token-file", line.token_file,
                 "The token that changes need, and on other addresses than loopback reading too")
      ->type_name("FILE");
}

std::optional<AdminListener> readAdmin(const AdminLine& line,
                                       const std::function<void(const std::string&)>& warn) {
  const auto fail = [](const std::string& sentence) { throw std::runtime_error(sentence); };
  if (line.at.empty()) {
    if (!line.token_file.empty()) fail("--admin-token-file is for the listener of --admin, which is missing");
    if (!line.names.empty()) fail("--admin-name is for the listener of --admin, which is missing");
    return {};
  }
  AdminListener admin{parseListener("--admin", line.at), {}, line.names};
  if (admin.at.host.empty() && !line.at.starts_with('*')) admin.at.host = "127.0.0.1";
  if (!line.token_file.empty()) admin.token = readToken(line.token_file, warn);
  if (admin.token.empty() && !admin.loopback())
    fail("--admin on " + (admin.at.host.empty() ? "every address" : admin.at.host) +
         ", which is not loopback, needs --admin-token-file");
  return admin;
}

// RFC 6750 2.1 and 3.
HttpServer::Handler requireToken(std::string token, HttpServer::Handler handler) {
  if (token.empty()) throw std::invalid_argument("an empty token would let everybody in");
  return [token = std::move(token), handler = std::move(handler)](const HttpRequest& request) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string& given = request.authorization;
    const bool bearer = ::strncasecmp(given.c_str(), scheme.data(), scheme.size()) == 0;
    if (bearer && equalInConstantTime(given.substr(scheme.size()), token)) return handler(request);
    HttpResponse response{
        401, "text/plain; charset=utf-8", "This needs the token: Authorization: Bearer TOKEN\n", {}};
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  };
}

HttpServer::Handler requireKnownHost(std::vector<std::string> names, const std::string& token,
                                     HttpServer::Handler handler) {
  auto otherwise = token.empty() ? http::misdirected(
                                       "Without a token this is answered by IP address and as localhost "
                                       "alone, and by the names of --admin-name.")
                                 : requireToken(token, handler);
  return http::requireKnownHost(std::move(names), std::move(handler), std::move(otherwise));
}

}  // namespace multiconn::tools
