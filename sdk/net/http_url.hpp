#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiconn::net {

/// http[s]://host[:port][/path][?query].
struct HttpUrl {
  bool secure = false;
  std::string host;        ///< IPv6 without brackets
  std::uint16_t port = 0;  ///< 80 or 443 when the url has none
  std::string target;      ///< path and query as they were written, "/" at least

  /// With the port where it is not the scheme's own.
  std::string text() const;
  /// As text(), query values replaced by ****.
  std::string masked() const;
  /// The Host field of a request (RFC 9110 7.2).
  std::string authority() const;
  /// `parameters`: "a=1&b=2", put behind those that are there.
  HttpUrl withParameters(std::string_view parameters) const;
};

/// Either half is set: the value, or one sentence, free of secrets, that says what is wrong.
struct HttpUrlResult {
  std::optional<HttpUrl> url;
  std::string error;
};
HttpUrlResult parseHttpUrl(std::string_view text);
/// What a Location field means where `base` was asked (RFC 9110 10.2.2).
HttpUrlResult resolveHttpUrl(const HttpUrl& base, std::string_view reference);

}  // namespace multiconn::net
