#include "net/http_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include "net/host_name.hpp"
#include "rtmp/url.hpp"

namespace multiconn::net {
namespace {

namespace urls = boost::urls;

constexpr std::size_t longest_url = 4096;
constexpr std::uint16_t http_port = 80, https_port = 443;

HttpUrlResult from(const urls::url_view& parsed);
HttpUrlResult problem(std::string sentence) {
  return {{}, std::move(sentence)};
}

}  // namespace

std::string HttpUrl::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (secure ? https_port : http_port)) text += ":" + std::to_string(port);
  return text;
}

std::string HttpUrl::text() const {
  return (secure ? "https://" : "http://") + authority() + target;
}

std::string HttpUrl::masked() const {
  return rtmp::maskUrl(text(), false);
}

HttpUrl HttpUrl::withParameters(std::string_view parameters) const {
  HttpUrl url = *this;
  if (url.target.find('?') == std::string::npos)
    url.target += '?';
  else if (!url.target.ends_with('?') && !url.target.ends_with('&'))
    url.target += '&';
  url.target += parameters;
  return url;
}

HttpUrlResult parseHttpUrl(std::string_view text) {
  if (text.empty()) return problem("the URL is empty: write http://host:port/loadbalancer");
  if (text.size() > longest_url) return problem("the URL is longer than 4096 bytes");
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (!parsed) return problem("this is no URL: write http://host:port/loadbalancer");
  return from(*parsed);
}

HttpUrlResult resolveHttpUrl(const HttpUrl& base, std::string_view reference) {
  if (reference.size() > longest_url) return problem("the URL is longer than 4096 bytes");
  const std::string base_text = base.text();
  const auto from_here = urls::parse_uri(base_text);
  const auto parsed = urls::parse_uri_reference({reference.data(), reference.size()});
  urls::url resolved;
  if (!from_here || !parsed || !urls::resolve(*from_here, *parsed, resolved)) return problem("it is no URL");
  return from(resolved);
}

namespace {

HttpUrlResult from(const urls::url_view& parsed) {
  HttpUrl url;
  url.secure = parsed.scheme_id() == urls::scheme::https;
  if (!url.secure && parsed.scheme_id() != urls::scheme::http)
    return problem("the URL does not begin with http:// or https://");
  if (parsed.has_userinfo())
    return problem("the URL contains a user name or password, which this client does not send: remove it");
  url.host = parsed.host_address();
  if (!isHost(url.host)) return problem("the URL names no host: write http://host:port/loadbalancer");
  url.port = url.secure ? https_port : http_port;
  // "host:" has a port, and it is empty (RFC 3986 3.2.3).
  if (parsed.has_port() && !parsed.port().empty()) {
    url.port = parsed.port_number();
    if (url.port == 0) return problem("the port is out of range: it has to be from 1 to 65535");
  }
  // Boost 1.81 lets a path follow the authority without a slash: "host:port/" has no port and "port/" as
  // path.
  const auto path = parsed.encoded_path();
  if (!path.empty() && path.front() != '/') return problem("the port is not a number");
  const auto target = parsed.encoded_target();
  url.target.assign(target.data(), target.size());
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return {std::move(url), {}};
}

}  // namespace
}  // namespace multiconn::net
