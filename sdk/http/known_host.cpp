#include "http/known_host.hpp"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "net/socket.hpp"

namespace multiconn::http {
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

}  // namespace

bool isKnownHost(std::string_view field, const std::vector<std::string>& names) {
  const std::string host = hostOf(field);
  if (host.find('\0') != std::string::npos) return false;
  if (host.empty() || equalNames(host, "localhost") || net::Address::numeric(host, 0)) return true;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return equalNames(name, host); });
}

HttpServer::Handler requireKnownHost(std::vector<std::string> names, HttpServer::Handler handler,
                                     HttpServer::Handler otherwise) {
  return [names = std::move(names), handler = std::move(handler),
          otherwise = std::move(otherwise)](const HttpRequest& request) {
    return isKnownHost(request.host, names) ? handler(request) : otherwise(request);
  };
}

HttpServer::Handler misdirected(std::string text) {
  return [text = std::move(text)](const HttpRequest&) {
    return HttpResponse{421, "text/plain; charset=utf-8", text + "\n", {}};
  };
}

}  // namespace multiconn::http
