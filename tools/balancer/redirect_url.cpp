#include "balancer/redirect_url.hpp"

#include "rtmp/url.hpp"

namespace multiconn::balancer {
namespace {

bool isFlashPlayer(std::string_view version) {
  if (version.starts_with("WIN ") || version.starts_with("MAC ") || version.starts_with("AND ")) return true;
  // librtmp and FFmpeg's players present themselves as old players on Linux.
  return version.starts_with("LNX ") && version != "LNX 10,0,32,18" && version != "LNX 9,0,124,2";
}

}  // namespace

std::string_view applicationIn(std::string_view app) {
  return app.substr(0, app.find_first_of("/?"));
}

std::string appOf(const RtmpRedirect& redirect, std::string_view app) {
  if (!redirect.app) return std::string(app);
  return *redirect.app + std::string(app.substr(applicationIn(app).size()));
}

std::string redirectUrl(const RtmpRedirect& redirect, const balance::RedirectAddress& edge,
                        std::string_view app) {
  rtmp::Url url;
  url.scheme = redirect.scheme.value_or(edge.scheme);
  url.host = edge.host;
  const std::uint16_t standard = url.secure() ? 443 : 1935;
  // An edge's port is that of its own scheme.
  const bool known = edge.port != 0 && url.scheme == edge.scheme;
  url.port = redirect.port.value_or(known ? edge.port : standard);
  url.app = appOf(redirect, app);
  return url.tcUrl();
}

bool followsRedirects(const AmfObject& connect) {
  return connect.numberOr("multiconn", 0) == 1 || isFlashPlayer(connect.stringOr("flashVer", ""));
}

}  // namespace multiconn::balancer
