#include "client/quorum.hpp"

namespace multiconn::client {

void Quorum::restart() {
  state_ = State::unmet;
  expected_.clear();
}

Quorum::News Quorum::update(const std::vector<Member>& members, rtmp::TimePoint now) {
  serving_ = counted_ = 0;
  std::size_t soon = 0;
  for (const Member& member : members) {
    if (!counts(member, now)) continue;
    ++counted_;
    if (member.serves)
      ++serving_;
    else if (member.about_to)
      ++soon;
  }
  // Without servers there is nothing to be met, nor to be lost.
  const bool met = serving_ >= required();
  if (counted_ == 0 || met == (state_ == State::met) || (!met && state_ != State::met)) return News::none;
  if (!met && serving_ + soon >= required()) return News::none;
  const bool again = state_ == State::lost;
  state_ = met ? State::met : State::lost;
  if (!met) return News::lost;
  return again ? News::regained : News::none;
}

bool Quorum::counts(const Member& member, rtmp::TimePoint now) {
  const auto expected = expected_.find(member.id);
  if (expected == expected_.end()) return true;
  if (!member.serves && now < expected->second) return false;
  expected_.erase(expected);
  return true;
}

}  // namespace multiconn::client
