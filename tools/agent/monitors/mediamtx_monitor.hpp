#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/http/http_client.hpp"
#include "agent/monitors/accept_count.hpp"
#include "agent/monitors/probed_monitor.hpp"
#include "agent/monitors/rate_meter.hpp"

namespace multiconn::agent {

/// One page of MediaMTX's /v3/rtmpconns/list.
struct MediamtxPage {
  struct Connection {
    std::string id;
    std::uint16_t port = 0;  ///< the client's
    std::uint64_t bytes_in = 0, bytes_out = 0;
  };
  std::size_t pages = 0;  ///< in all
  std::vector<Connection> connections;
};
/// Throws std::runtime_error with one sentence when it is no such page.
MediamtxPage parseMediamtxPage(std::string_view json);

/// MediaMTX. It counts no accepts: new connection ids are counted.
class MediamtxMonitor final : public ProbedMonitor {
 public:
  /// Scheme, host and port of the API; a path is left out.
  explicit MediamtxMonitor(tools::HttpUrl api) : api_(std::move(api)) {}

  AgentLoad load() override;
  std::chrono::milliseconds period() const override { return std::chrono::milliseconds(500); }
  std::string name() const override { return "mediamtx"; }

 private:
  void list(const std::string& path, bool required, std::vector<MediamtxPage::Connection>& all) const;
  void countBytes(const std::vector<MediamtxPage::Connection>& present);

  tools::HttpUrl api_;
  NewcomerCount<std::string> newcomers_;
  std::map<std::string, MediamtxPage::Connection> last_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  RateMeter in_, out_;
};

}  // namespace multiconn::agent
