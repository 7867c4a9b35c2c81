#include "program/admin_access.hpp"

#include <strings.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "net/socket.hpp"
#include "program/secret_files.hpp"

namespace multiconn::tools {

using http::HttpRequest;
using http::HttpResponse;
using http::HttpServer;

namespace {

// RFC 9110 7.2: uri-host [":" port].
std::string hostOf(std::string_view field) {
  if (field.starts_with('[')) {
    const std::size_t close = field.find(']');
    return std::string(close == std::string_view::npos ? field : field.substr(1, close - 1));
  }
  return std::string(field.substr(0, field.find(':')));
}

bool equalNames(const std::string& left, const std::string& right) {
  return ::strcasecmp(left.c_str(), right.c_str()) == 0;
}

HttpResponse misdirected(const HttpRequest&) {
  return {421,
          "text/plain; charset=utf-8",
          "Without a token this is answered by IP address and as localhost alone, and by the names of "
          "--admin-name.\n",
          {}};
}

}  // namespace

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

bool isKnownHost(std::string_view field, const std::vector<std::string>& names) {
  const std::string host = hostOf(field);
  if (host.find('\0') != std::string::npos) return false;
  if (host.empty() || equalNames(host, "localhost") || net::Address::numeric(host, 0)) return true;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return equalNames(name, host); });
}

HttpServer::Handler requireKnownHost(std::vector<std::string> names, const std::string& token,
                                     HttpServer::Handler handler) {
  auto otherwise = token.empty() ? HttpServer::Handler(misdirected) : requireToken(token, handler);
  return [names = std::move(names), handler = std::move(handler),
          otherwise = std::move(otherwise)](const HttpRequest& request) {
    return isKnownHost(request.host, names) ? handler(request) : otherwise(request);
  };
}

}  // namespace multiconn::tools
