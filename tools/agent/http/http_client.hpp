#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/http/waiting.hpp"

namespace multiconn::tools {

struct HttpUrl {
  std::string host;  ///< IPv6 without brackets
  std::uint16_t port = 80;
  std::string target = "/";   ///< path and query
  std::string authorization;  ///< of user:password@, as the header has it; secret
  /// "http://host:port", without secrets.
  std::string origin() const;
  /// "http://host:port/path", without secrets: queries may have some.
  std::string shown() const;
  HttpUrl withTarget(std::string other) const;
};

/// http://[user:password@]host[:port][/path][?query]. Throws std::invalid_argument with one sentence, free of
/// secrets.
HttpUrl parseHttpUrl(std::string_view text);

struct HttpAsk {
  std::string method = "GET";
  std::string authorization;  ///< a header's value, in place of the URL's; secret
  std::chrono::milliseconds timeout{2000};
  std::size_t max_body = 16 * 1024 * 1024;
};

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

/// One exchange over a connection of its own. Does not follow redirects. Throws std::runtime_error with one
/// sentence, free of secrets, when there is no complete answer in time.
HttpReply httpExchange(const HttpUrl& url, const HttpAsk& ask, const Interrupt* interrupt = nullptr);

}  // namespace multiconn::tools
