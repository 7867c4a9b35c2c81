#include "back_off.hpp"

#include <cctype>
#include <string>

namespace multiconn::bench {

std::optional<std::int64_t> announcedDelay(const Status& status) {
  if (status.code != "NetConnection.Connect.Reconnecting") return {};
  // "... again in 250 ms"
  const std::string& text = status.description;
  const std::size_t unit = text.rfind(" ms");
  if (unit == std::string::npos) return {};
  std::size_t begin = unit;
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(text[begin - 1]))) --begin;
  if (begin == unit || unit - begin > 9) return {};
  return std::stoll(text.substr(begin, unit - begin)) * 1000;
}

std::int64_t backOffLeft(const std::vector<PlannedAttempt>& attempts, std::int64_t listens_us) {
  constexpr std::int64_t just_missed = 5000;
  for (const PlannedAttempt& each : attempts)
    if (each.due_us >= listens_us && each.announced_us <= listens_us + just_missed)
      return each.due_us - listens_us;
  return 0;
}

}  // namespace multiconn::bench
