#include "media/input_name.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace multiconn::media {
namespace {

std::string_view scheme(std::string_view url) {
  const std::size_t end = url.find("://");
  return end == std::string_view::npos ? std::string_view() : url.substr(0, end);
}

}  // namespace

bool isUrl(const std::string& url) {
  return !scheme(url).empty() && scheme(url) != "file";
}

bool isLiveUrl(const std::string& url) {
  constexpr std::array<std::string_view, 16> live{"rtmp",    "rtmps", "rtmpt", "rtmpe", "rtmpte", "rtmpts",
                                                  "rtsp",    "rtsps", "rtp",   "srtp",  "srt",    "udp",
                                                  "udplite", "mmsh",  "mmst",  "rist"};
  return std::find(live.begin(), live.end(), scheme(url)) != live.end();
}

std::string displayName(const std::string& url) {
  if (url == "-" || url == "pipe:" || url == "pipe:0") return "standard input";
  if (!isUrl(url)) return '"' + url + '"';
  const std::string_view name = scheme(url);
  std::string_view authority = std::string_view(url).substr(name.size() + 3);
  const std::size_t end = authority.find_first_of("/?#");
  const bool more = end != std::string_view::npos;
  authority = authority.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  return std::string(name) + "://" + std::string(authority) + (more ? "/****" : "");
}

}  // namespace multiconn::media
