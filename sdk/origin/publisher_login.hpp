#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "rtmp/limits.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::origin {

/// Publisher authentication by authmod adobe, as Flash Media Server's access module has it: each step is a
/// connect of its own, refused with a description that says what comes next. Everything on the strand.
class PublisherLogin {
 public:
  /// User names and passwords; none: nobody has to log in.
  explicit PublisherLogin(std::map<std::string, std::string> publishers)
      : publishers_(std::move(publishers)) {}

  bool required() const { return !publishers_.empty(); }
  /// Whether it says of itself that it is an encoder, or begins to log in. Flash Media Server's access module
  /// knows encoders by "FMLE" in flashVer, too (Flash Media Live Encoder 3, "Client and server adaptor
  /// interaction"); one without any flashVer says it by its type.
  static bool concerns(const rtmp::server_event::ConnectRequested& request);

  struct Outcome {
    std::string user;         ///< who has logged in; empty: refused
    std::string description;  ///< of the refusal
  };
  /// `query`: what the client has put behind "?" in its application's name. `host`: see peerHost(); when
  /// too many challenges are out, the host that has most loses its oldest.
  Outcome check(std::string_view query, const std::string& host, rtmp::TimePoint now);

 private:
  struct Challenge {
    std::string user, salt, challenge, host;
    rtmp::TimePoint expires;
    std::uint64_t number = 0;
  };
  struct Answer {
    std::string_view method, user, challenge, response, opaque;
  };
  static Answer parse(std::string_view query);
  Outcome challenge(std::string_view user, const std::string& host, rtmp::TimePoint now);
  bool verify(const Answer& answer, rtmp::TimePoint now);
  void makeRoom(rtmp::TimePoint now);
  void forgetOldest(std::string_view host);

  std::map<std::string, std::string> publishers_;
  std::map<std::string, Challenge, std::less<>> challenges_;  // by opaque
  std::uint64_t made_ = 0;                                    // challenges, ever
};

}  // namespace multiconn::origin
