#include "agent/target_set.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace multiconn::agent {

TargetSet::TargetSet(net::AsioScheduler& scheduler, const balance::Guid& guid, const balance::Boot& boot,
                     TargetLink::Log log)
    : scheduler_(scheduler), guid_(guid), boot_(boot), log_(std::move(log)) {}

void TargetSet::assign(const std::vector<balance::Target>& targets) {
  std::vector<std::unique_ptr<TargetLink>> links;
  for (const balance::Target& target : targets) {
    const auto same = [&](const auto& link) { return link && link->target() == target; };
    // A line that stands there twice is one target.
    if (std::any_of(links.begin(), links.end(), same)) continue;
    const auto old = std::find_if(links_.begin(), links_.end(), same);
    links.push_back(old != links_.end()
                        ? std::move(*old)
                        : std::make_unique<TargetLink>(scheduler_, target, guid_, boot_, log_));
  }
  links_ = std::move(links);
}

void TargetSet::send(rtmp::BytesView report) {
  ++seq_;
  for (const auto& link : links_) link->send(report, seq_);
}

std::size_t TargetSet::balancers() const {
  std::set<std::pair<std::string, std::uint16_t>> places;
  for (const auto& link : links_) places.emplace(link->target().host, link->target().port);
  return places.size();
}

std::vector<AgentTargetStatus> TargetSet::status() const {
  std::vector<AgentTargetStatus> status;
  for (const auto& link : links_) status.push_back(link->status());
  return status;
}

}  // namespace multiconn::agent
