#include "program/admin_access.hpp"

#include <strings.h>

#include <stdexcept>
#include <string_view>
#include <utility>

#include "http/known_host.hpp"
#include "program/secret_files.hpp"

namespace multiconn::tools {

using http::HttpRequest;
using http::HttpResponse;
using http::HttpServer;

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
