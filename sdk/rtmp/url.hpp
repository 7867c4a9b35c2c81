#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiconn::rtmp {

/// rtmp[s]://[user[:password]@]host[:port]/app[/instance][?query]: where a connection goes.
struct Url {
  std::string scheme;          ///< lower case: rtmp, rtmps, rtmpe, rtmpt, rtmpte, rtmpts
  std::string user, password;  ///< percent-decoded; empty when absent
  std::string host;            ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;      ///< the scheme's default when absent: 1935, rtmps 443, rtmpt 80
  std::string app;             ///< with instance and query, as connect() sends it; may be empty

  bool secure() const { return scheme == "rtmps" || scheme == "rtmpts"; }
  /// scheme://host[:port]/app for connect's tcUrl, without credentials; the default port is left out.
  std::string tcUrl() const;
  /// As tcUrl(), query values and everything secret replaced by ****.
  std::string masked() const;
};

struct PublishUrl {
  Url url;
  std::string stream;  ///< with its query
};

/// Either half is set: the value, or one sentence, free of secrets, that says what is wrong. Control
/// characters and spaces are errors.
struct UrlResult {
  std::optional<Url> url;
  std::string error;
};
struct PublishUrlResult {
  std::optional<PublishUrl> target;
  std::string error;
};
UrlResult parseUrl(std::string_view text);
/// What `reference` means to a connection that goes to `base`, as in a redirect or a ReconnectRequest: a
/// whole url, "//host/app", "/app", "app" or "?query", all resolved as RFC 3986 5.2 has it but for dot
/// segments, or nothing for `base` itself. The credentials of `base` are kept only where scheme, host and
/// port are too.
UrlResult resolveUrl(const Url& base, std::string_view reference);

/// rtmp://host/app[/instance]/stream[?query], the last path part and its query being the stream.
PublishUrlResult parsePublishUrl(std::string_view text);

/// "rtmp://host/app/****": a url in any state of repair made fit to print. `has_stream`: the last path part
/// is a key.
std::string maskUrl(std::string_view text, bool has_stream);

}  // namespace multiconn::rtmp
