#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "client/destinations.hpp"
#include "rtmp/client_session.hpp"

namespace multiconn::client {

/// What becomes of a redirect: where to go, or why not.
struct Hop {
  std::optional<Target> target;
  std::string masked_url;  ///< where it leads, also when it is not followed
  std::string refusal;     ///< "because ...", without a full stop
  bool final = false;      ///< refused for good: another answer is not to be hoped for, or not to be followed
};

/// Which redirects are followed in a row: five at most, to no place twice, and never to one that protects the
/// connection less.
class RedirectPolicy {
 public:
  explicit RedirectPolicy(bool follow) : follow_(follow) {}

  /// `redirect.url` may be relative to `present`. The stream's name comes along when `redirect.full_url` has
  /// one and is on the server that is led to; credentials in either are ignored.
  Hop follow(const Target& present, const rtmp::Redirect& redirect);

 private:
  using Place = std::tuple<std::string, std::string, std::uint16_t, std::string>;
  static Place placeOf(const rtmp::Url& url);

  bool follow_;
  unsigned hops_ = 0;
  std::set<Place> seen_;
};

/// `present` with another url. An empty reference is the present place; one that protects less is refused.
Hop elsewhere(const Target& present, const std::string& reference);

}  // namespace multiconn::client
