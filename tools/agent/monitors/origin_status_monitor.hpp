#pragma once

#include "agent/http/http_client.hpp"
#include "agent/monitors/accept_count.hpp"
#include "agent/monitors/probed_monitor.hpp"
#include "agent/monitors/rate_meter.hpp"

namespace multiconn::agent {

/// What multiconn-origin's /status.json says.
struct OriginStatus {
  std::uint32_t clients = 0;
  std::uint64_t accepts = 0, bytes_in = 0, bytes_out = 0;
};
/// Throws std::runtime_error with one sentence when it is no such document.
OriginStatus parseOriginStatus(std::string_view json);

/// A multiconn-origin that does not carry an agent itself.
class OriginStatusMonitor final : public ProbedMonitor {
 public:
  explicit OriginStatusMonitor(tools::HttpUrl page) : page_(std::move(page)) {}

  AgentLoad load() override;
  std::string name() const override { return "origin"; }

 private:
  tools::HttpUrl page_;
  AcceptCount accepts_;
  RateMeter in_, out_;
};

}  // namespace multiconn::agent
