#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/http/http_client.hpp"
#include "agent/monitors/accept_count.hpp"
#include "agent/monitors/probed_monitor.hpp"
#include "agent/monitors/rate_meter.hpp"

namespace multiconn::agent {

/// What SRS's HTTP API says of the server (/api/v1/summaries).
struct SrsSummary {
  std::uint64_t bytes_in = 0, bytes_out = 0;
};
// These throw std::runtime_error with one sentence when it is no such answer.
SrsSummary parseSrsSummary(std::string_view json);
/// The ids of /api/v1/clients/, numbers in SRS 2 and 3, texts later.
std::vector<std::string> parseSrsClients(std::string_view json);

/// SRS. It counts no accepts: new client ids are counted.
class SrsMonitor final : public ProbedMonitor {
 public:
  /// Scheme, host and port of the API; a path is left out.
  explicit SrsMonitor(tools::HttpUrl api) : api_(std::move(api)) {}

  AgentLoad load() override;
  std::chrono::milliseconds period() const override { return std::chrono::milliseconds(500); }
  std::string name() const override { return "srs"; }

 private:
  std::string get(const std::string& target) const;
  std::vector<std::string> clients() const;

  tools::HttpUrl api_;
  NewcomerCount<std::string> newcomers_;
  RateMeter in_, out_;
};

}  // namespace multiconn::agent
