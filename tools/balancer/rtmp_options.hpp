#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace multiconn::balancer {

enum class RtmpMode : std::uint8_t {
  redirect,   ///< every client is told where to go
  relay,      ///< every client's bytes are passed on
  automatic,  ///< relay, unless the client is known to follow redirects
};

/// How the clients of one application are sent on. What is not set stays as the client has it.
struct RtmpRedirect {
  std::optional<std::string> app;
  std::optional<std::uint16_t> port;
  std::optional<std::string> scheme;  ///< rtmp or rtmps
  std::optional<bool> on_connect;     ///< false: accepted, and told when it calls getLoadBalancerRedirect
};

struct RtmpOptions {
  RtmpMode mode = RtmpMode::automatic;
  /// By application; "" holds for what an application's own entry leaves open, and serves every application.
  std::map<std::string, RtmpRedirect, std::less<>> applications;

  /// Every application, when none is named.
  bool serves(std::string_view app) const;
  RtmpRedirect redirectOf(std::string_view app) const;
};

}  // namespace multiconn::balancer
