#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <multiconn/status.hpp>

#include "chaos/ledger.hpp"
#include "chaos/server.hpp"

namespace multiconn::chaos {

/// What a server may expect of its publications.
struct Claim {
  const Ledger& ledger;
  std::string server;
  /// What the ring keeps, in time and bytes.
  net::Duration resume_age{};
  std::size_t resume_bytes = 0;
  /// What its queue holds, in time and bytes.
  net::Duration queue_age{};
  std::size_t queue_bytes = 0;
  /// What is due of an outage. `whole`: all that the ring covers. `live`: nothing. `spare`: nothing, and
  /// nobody counts it either.
  enum class Returns : std::uint8_t { whole, live, spare } returns = Returns::whole;
  std::function<void(std::string)> complain;
};

/// Numbers of frames that a publication, or a pause between two, lacks because a bound of the client allows
/// it.
struct Lacking {
  std::set<std::uint32_t> video, audio;
  std::set<std::uint32_t>& of(Kind kind) { return kind == Kind::video ? video : audio; }
  void add(const Lacking& more);
};

/// In order, decodable from the first frame on, timestamps as written and never backwards; nothing missing,
/// except on a slow way, where a catch-up was overtaken by what the ring forgets, or where a broadcast begins
/// with more at once than the queue holds. Payloads are Ledger::recognise()'s.
Lacking judgePublication(const Claim& claim, const Publication& publication);
/// Outages within one broadcast, each counted once for pictures and once for sound.
struct Resumptions {
  std::size_t whole = 0;        ///< the ring had to have all of it, and the server got it
  std::size_t at_keyframe = 0;  ///< pictures went on at the newest keyframe
  Lacking lacking;              ///< of what its kernel did not have already
};
/// What one publication lacks of the same broadcast, the next has; after a longer outage it begins with the
/// newest keyframe. A publication that was moved on a slow way, or was answered late, may lack what a queue
/// gives up.
Resumptions judgeResumption(const Claim& claim, const std::vector<Publication>& publications);
/// What is lacking, and came with no other publication, is among what the client has counted, by its kind.
void judgeCounts(const Claim& claim, const std::vector<Publication>& publications, Lacking lacking,
                 const DroppedFrames& counted);
/// Every frame of every broadcast exactly once, and every data message, of those sent.
void judgeUntouched(const Claim& claim, const std::vector<Publication>& publications,
                    std::uint32_t data_sent);
/// The newest publication has the newest frames. False: it has not.
bool judgeEnd(const Claim& claim, const std::vector<Publication>& publications);

}  // namespace multiconn::chaos
