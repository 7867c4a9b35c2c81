#pragma once

#include <memory>
#include <vector>

#include "agent/target_link.hpp"

namespace multiconn::agent {

/// Every balancer that is told. One strand.
class TargetSet {
 public:
  TargetSet(net::AsioScheduler& scheduler, const balance::Guid& guid, const balance::Boot& boot,
            TargetLink::Log log);

  /// Those that were there stay as they are.
  void assign(const std::vector<balance::Target>& targets);
  /// To each, sealed with its own key.
  void send(rtmp::BytesView report);
  /// How many balancers that are; one that is listed with two keys, as while keys are rotated, counts once.
  std::size_t balancers() const;
  std::vector<AgentTargetStatus> status() const;

 private:
  net::AsioScheduler& scheduler_;
  balance::Guid guid_;
  balance::Boot boot_;
  TargetLink::Log log_;
  std::vector<std::unique_ptr<TargetLink>> links_;
  std::uint64_t seq_ = 0;
};

}  // namespace multiconn::agent
