#pragma once

#include <ostream>
#include <string>

#include "client_test.hpp"

namespace multiconn::test {

/// A way in which a server refuses a publisher.
struct Kind {
  const char* name;
  Script script;
  bool heals;                   ///< is tried again
  bool heals_later = heals;     ///< where we have published before
  const char* scheme = "rtmp";  ///< of the destination
};
inline void PrintTo(const Kind& kind, std::ostream* stream) {
  *stream << kind.name;
}

inline std::string kindName(const testing::TestParamInfo<Kind>& kind) {
  return kind.param.name;
}

inline Destination destinationOf(const Kind& kind) {
  return {std::string(kind.scheme) + "://a/live", {}, {}};
}

inline AmfValue redirectTo(const char* url) {
  return AmfObject{{"code", 302}, {"redirect", url}};
}

inline const SimulatedLogin login{.user = "user", .password = "password"};

/// For INSTANTIATE_TEST_SUITE_P.
inline auto everyKind() {
  const auto redirecting = [](const char* url) {
    return Script{.reject_connect = "NetConnection.Connect.Rejected", .reject_ex = redirectTo(url)};
  };
  return testing::Values(
      Kind{"refused", {.refuses = true}, true}, Kind{"unknown", {.unknown_name = true}, true},
      Kind{"mute", {.never_answers_handshake = true}, true}, Kind{"web", {.web_server = true}, true},
      Kind{"rejected", {.reject_connect = "NetConnection.Connect.Rejected"}, true},
      Kind{"shutdown", {.reject_connect = "NetConnection.Connect.AppShutdown"}, true},
      Kind{"nowhere", redirecting("rtmp://nowhere/live"), true},
      Kind{"circle", redirecting("rtmp://a/live"), true}, Kind{"closes", {.close_on_publish = true}, true},
      Kind{"silence", {.never_answers_publish = true}, true},
      Kind{"failed", {.reject_publish = "NetStream.Failed"}, true},
      Kind{"no_app", {.reject_connect = "NetConnection.Connect.InvalidApp"}, false},
      Kind{"login", {.login = login}, false},
      Kind{"downgrade", redirecting("rtmp://plain/live"), false, false, "rtmps"},
      Kind{"denied", {.reject_publish = "NetStream.Publish.Denied"}, false},
      Kind{"unauthorized", {.reject_publish = "NetStream.Publish.Unauthorized"}, false},
      // Later it may be our own session that has the name.
      Kind{"bad_name", {.reject_publish = "NetStream.Publish.BadName"}, false, true});
}

}  // namespace multiconn::test
