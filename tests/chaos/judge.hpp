#pragma once

#include <functional>
#include <string>

#include "chaos/ledger.hpp"
#include "chaos/server.hpp"

namespace multiconn::chaos {

/// What a server may expect of its publications.
struct Claim {
  const Ledger& ledger;
  std::string server;
  /// An outage that the ring covers, in time and bytes; zero: none has to be covered.
  net::Duration resume_age{};
  std::size_t resume_bytes = 0;
  std::function<void(std::string)> complain;
};

/// In order, decodable from the first frame on, nothing missing except on a slow way, timestamps as written
/// and never backwards. Payloads are Ledger::recognise()'s.
void judgePublication(const Claim& claim, const Publication& publication);
/// Outages within one broadcast, each counted once for pictures and once for sound.
struct Resumptions {
  std::size_t whole = 0;        ///< the ring had to have all of it, and the server got it
  std::size_t at_keyframe = 0;  ///< pictures went on at the newest keyframe
};
/// What one publication lacks of the same broadcast, the next has; after a longer outage it begins with the
/// newest keyframe.
Resumptions judgeResumption(const Claim& claim, const std::vector<Publication>& publications);
/// Every frame of every broadcast exactly once, and every data message, of those sent.
void judgeUntouched(const Claim& claim, const std::vector<Publication>& publications,
                    std::uint32_t data_sent);
/// The newest publication has the newest frames. False: it has not.
bool judgeEnd(const Claim& claim, const std::vector<Publication>& publications);

}  // namespace multiconn::chaos
