#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
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
  /// Whether it says of itself that it is an encoder.
  static bool isEncoder(const rtmp::server_event::ConnectRequested& request);

  struct Outcome {
    std::string user;         ///< who has logged in; empty: refused
    std::string description;  ///< of the refusal
  };
  /// `query`: what the client has put behind "?" in its application's name.
  Outcome check(std::string_view query, rtmp::TimePoint now);

 private:
  struct Challenge {
    std::string user, salt, challenge;
    rtmp::TimePoint expires;
  };
  struct Answer {
    std::string_view method, user, challenge, response, opaque;
  };
  static Answer parse(std::string_view query);
  Outcome challenge(std::string_view user, rtmp::TimePoint now);
  bool verify(const Answer& answer, rtmp::TimePoint now);
  void forgetOld(rtmp::TimePoint now);

  std::map<std::string, std::string> publishers_;
  std::map<std::string, Challenge, std::less<>> challenges_;  // by opaque
  std::deque<std::string> order_;                             // of their opaques, oldest first
};

}  // namespace multiconn::origin
