#include "chaos/ring_claim.hpp"

#include <algorithm>
#include <array>

namespace multiconn::chaos {

namespace {

constexpr std::array kinds{Kind::video, Kind::audio};
// Between an outage's end, as the server sees it, and the moment at which the client looks into its ring.
constexpr std::chrono::milliseconds resume_margin{1500};
// What has arrived, but is not known to have, is wanted as well.
constexpr std::chrono::milliseconds on_the_way{500};

/// Where a decoder has to begin for what was written then: the ring has all from there, or nothing.
net::TimePoint groupOf(const Ledger& ledger, net::TimePoint at) {
  net::TimePoint begun = at;
  for (const Written& written : ledger.of(Kind::video)) {
    if (written.at > at) break;
    if (written.kind == FrameKind::key) begun = written.at;
  }
  return begun;
}

/// Of everything that was written in between, with what a message weighs beside its body.
std::size_t bytesSince(const Ledger& ledger, net::TimePoint since, net::TimePoint until) {
  constexpr std::size_t beside = 192;
  std::size_t bytes = 0;
  for (const Kind kind : kinds)
    for (const Written& written : ledger.of(kind))
      if (written.at >= since && written.at <= until) bytes += written.size + beside;
  return bytes;
}

}  // namespace

bool covered(const Claim& claim, const Written& missed, net::TimePoint until) {
  return until - missed.at + resume_margin <= claim.resume_age &&
         bytesSince(claim.ledger, groupOf(claim.ledger, missed.at - on_the_way), until) * 5 / 4 <=
             claim.resume_bytes;
}

bool heldTooMuch(const Claim& claim, const Written& missed) {
  constexpr std::chrono::milliseconds longest_hold{300};
  net::TimePoint begun = missed.at;
  for (const Kind kind : kinds)
    for (const Written& written : claim.ledger.of(kind))
      if (written.broadcast == missed.broadcast) begun = std::min(begun, written.at);
  return missed.at - begun <= longest_hold &&
         bytesSince(claim.ledger, begun, begun + longest_hold) > claim.queue_bytes;
}

}  // namespace multiconn::chaos
