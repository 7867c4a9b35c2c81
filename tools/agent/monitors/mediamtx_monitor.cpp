#include "agent/monitors/mediamtx_monitor.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdlib>
#include <stdexcept>

#include "agent/monitors/json_fields.hpp"
#include "agent/monitors/monitor_page.hpp"

namespace multiconn::agent {
namespace {

constexpr std::size_t page_size = 1000, max_pages = 1000;

/// Behind the last colon of "192.0.2.1:50000" or "[2001:db8::1]:50000".
std::uint16_t portIn(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return 0;
  return static_cast<std::uint16_t>(std::atoi(std::string(address.substr(colon + 1)).c_str()));
}

/// Newer versions say inboundBytes and outboundBytes.
std::uint64_t bytesIn(const boost::json::object& item, std::string_view name, std::string_view newer) {
  if (const auto bytes = countIn(item, newer)) return *bytes;
  return countIn(item, name).value_or(0);
}

std::uint64_t grown(std::uint64_t now, std::uint64_t before) {
  return now >= before ? now - before : now;
}

}  // namespace

MediamtxPage parseMediamtxPage(std::string_view json) {
  const boost::json::object answer = parseObject(json, "MediaMTX's API");
  const auto* const items = arrayIn(answer, "items");
  if (items == nullptr) throw std::runtime_error("MediaMTX's API lists no connections");
  MediamtxPage page;
  page.pages = countIn(answer, "pageCount").value_or(1);
  for (const boost::json::value& item : *items) {
    if (!item.is_object()) continue;
    const boost::json::object& fields = item.get_object();
    page.connections.push_back({std::string(textIn(fields, "id")), portIn(textIn(fields, "remoteAddr")),
                                bytesIn(fields, "bytesReceived", "inboundBytes"),
                                bytesIn(fields, "bytesSent", "outboundBytes")});
  }
  return page;
}

AgentLoad MediamtxMonitor::load() {
  std::vector<MediamtxPage::Connection> present;
  list("/v3/rtmpconns/list", true, present);
  list("/v3/rtmpsconns/list", false, present);
  std::erase_if(present, [this](const auto& connection) { return probes_.contains(connection.port); });
  countBytes(present);
  std::vector<std::string> ids;
  for (const auto& connection : present) ids.push_back(connection.id);
  const auto now = std::chrono::steady_clock::now();
  AgentLoad load;
  load.connections = static_cast<std::uint32_t>(present.size());
  load.accepts = newcomers_.read(ids);
  load.accepts_estimated = true;
  load.in_bits = in_.read(bytes_in_, now);
  load.out_bits = out_.read(bytes_out_, now);
  return load;
}

/// A server without RTMPS has no such list.
void MediamtxMonitor::list(const std::string& path, bool required,
                           std::vector<MediamtxPage::Connection>& all) const {
  std::size_t pages = 1;
  for (std::size_t page = 0; page < std::min(pages, max_pages); ++page) {
    const auto url = api_.withTarget(path + "?itemsPerPage=" + std::to_string(page_size) +
                                     "&page=" + std::to_string(page));
    tools::HttpReply reply = askPage(url, interrupt_);
    if (reply.status != 200 && !required) return;
    MediamtxPage parsed = parseMediamtxPage(bodyOf(url, std::move(reply)));
    pages = parsed.pages;
    std::move(parsed.connections.begin(), parsed.connections.end(), std::back_inserter(all));
  }
}

void MediamtxMonitor::countBytes(const std::vector<MediamtxPage::Connection>& present) {
  std::map<std::string, MediamtxPage::Connection> now;
  for (const auto& connection : present) {
    const MediamtxPage::Connection before = last_[connection.id];
    bytes_in_ += grown(connection.bytes_in, before.bytes_in);
    bytes_out_ += grown(connection.bytes_out, before.bytes_out);
    now[connection.id] = connection;
  }
  last_ = std::move(now);
}

}  // namespace multiconn::agent
