#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <multiconn/status.hpp>

namespace multiconn::bench {

/// An attempt to reconnect, as the library announced it.
struct PlannedAttempt {
  std::int64_t announced_us = 0;
  std::int64_t due_us = 0;
};

/// Microseconds until the next attempt, as NetConnection.Connect.Reconnecting tells them; nothing when it is
/// another status.
std::optional<std::int64_t> announcedDelay(const Status& status);

/// How much of the back-off was left when a server listened again: until the attempt that was planned by
/// then. An attempt that just missed the server counts as well, when its successor was planned within 5 ms
/// of the moment. 0 when an attempt was on its way.
std::int64_t backOffLeft(const std::vector<PlannedAttempt>& attempts, std::int64_t listens_us);

}  // namespace multiconn::bench
