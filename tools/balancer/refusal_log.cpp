#include "balancer/refusal_log.hpp"

#include <cmath>
#include <cstdio>

namespace multiconn::balancer {
namespace {

using balance::Refusal;

std::string seconds(balance::milliseconds time) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", std::abs(static_cast<double>(time.count())) / 1000);
  return text.data();
}

std::string reasonOf(const balance::RefusedReport& refusal) {
  switch (refusal.reason) {
    case Refusal::oversized:
      return "it is larger than any report";
    case Refusal::malformed:
      return "it is no report";
    case Refusal::unknown_version:
      return "it is of a version that is not known here";
    case Refusal::unknown_key:
      return "it was sealed with a key that is not known here";
    case Refusal::bad_seal:
      return "its seal is broken: forged or damaged";
    case Refusal::bad_report:
      return "what was sealed is no report";
    case Refusal::old_boot:
      return "it is of an earlier start of this agent";
    case Refusal::replayed:
      return "it is not newer than the last one: replayed or reordered";
    case Refusal::duplicate_guid:
      return "another machine reports under the same GUID; remove Server.guid on one of them";
    case Refusal::clock_off:
      return "the sender's clock is " + seconds(refusal.clock_offset) +
             (refusal.clock_offset.count() > 0 ? " ahead of" : " behind") + " the balancer's";
    case Refusal::before_restart:
      return "it is not newer than what this balancer has known before its restart";
    case Refusal::too_many_senders:
      break;
  }
  return "there are too many senders";
}

}  // namespace

std::optional<std::string> RefusalLog::line(const balance::RefusedReport& refusal, const std::string& sender,
                                            balance::TimePoint now) {
  // A proven sender is known by its GUID, wherever its datagrams come from.
  const std::string who = refusal.guid ? refusal.guid->text() : sender;
  const auto key = std::pair(who, refusal.reason);
  auto found = entries_.find(key);
  if (found != entries_.end() && now - found->second.written < period) {
    ++found->second.silent;
    return {};
  }
  if (found == entries_.end()) {
    if (entries_.size() >= max_lines && !makeRoom(now)) {
      if (full_since_ && now - *full_since_ < period) return {};
      full_since_ = now;
      return "reports of too many senders are refused: for a minute they are counted without a line each";
    }
    found = entries_.try_emplace(key).first;
  }
  std::string text = "refused a report from " + sender;
  if (refusal.guid) text += ", edge " + refusal.guid->text();
  text += ": " + reasonOf(refusal);
  if (found->second.silent > 0) text += " (and " + std::to_string(found->second.silent) + " more before it)";
  found->second = {now, 0};
  return text;
}

bool RefusalLog::makeRoom(balance::TimePoint now) {
  std::erase_if(entries_, [now](const auto& entry) { return now - entry.second.written >= period; });
  return entries_.size() < max_lines;
}

}  // namespace multiconn::balancer
