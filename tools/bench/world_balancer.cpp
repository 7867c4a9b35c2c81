#include "world_balancer.hpp"

namespace multiconn::bench {

WorldBalancer::WorldBalancer(std::string policy, balance::SharedKey key, SimTime now, std::uint64_t seed)
    : policy_(std::move(policy)), key_(std::move(key)) {
  restart(now, seed);
}

bool WorldBalancer::receive(rtmp::BytesView datagram, SimTime now) {
  const auto opened = opener_->open(datagram, wallClock(now));
  const auto* report = std::get_if<balance::OpenedReport>(&opened);
  if (report) dispatcher_->report(*report, now);
  dispatcher_->expire(now);
  return report != nullptr;
}

std::optional<balance::Guid> WorldBalancer::ask(SimTime now) {
  const balance::Answer answer = dispatcher_->answer(question_, now);
  if (answer.chosen.empty()) return {};
  return answer.chosen.front().guid;
}

void WorldBalancer::saveState(SimTime now) {
  saved_marks_ = opener_->marks();
  saved_at_ = wallClock(now);
}

void WorldBalancer::restart(SimTime now, std::uint64_t seed) {
  balance::OpenerOptions options;
  options.keys.push_back(key_);
  opener_.emplace(std::move(options), saved_marks_, saved_at_);
  balance::DispatcherOptions dispatcher;
  dispatcher.policy = policy_;
  dispatcher_.emplace(std::move(dispatcher), now, seed);
}

}  // namespace multiconn::bench
