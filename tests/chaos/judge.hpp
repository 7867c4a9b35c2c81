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

/// In order, decodable from the first frame on, nothing missing except on a slow way, payloads and timestamps
/// as written.
void judgePublication(const Claim& claim, const Publication& publication);
/// What one publication lacks of the same broadcast, the next has.
void judgeResumption(const Claim& claim, const std::vector<Publication>& publications);
/// Every frame of every broadcast exactly once, and every data message, of those sent.
void judgeUntouched(const Claim& claim, const std::vector<Publication>& publications,
                    std::uint32_t data_sent);
/// The newest publication has the newest frames.
void judgeEnd(const Claim& claim, const std::vector<Publication>& publications);

}  // namespace multiconn::chaos
