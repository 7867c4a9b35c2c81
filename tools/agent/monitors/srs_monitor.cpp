#include "agent/monitors/srs_monitor.hpp"

#include <boost/json/array.hpp>
#include <stdexcept>

#include "agent/monitors/json_fields.hpp"
#include "agent/monitors/monitor_page.hpp"

namespace multiconn::agent {
namespace {

constexpr std::size_t page_size = 10000, max_clients = 1'000'000;

const char* const who = "SRS's API";

/// Every answer carries `code`, 0 when all is well.
boost::json::object parseAnswer(std::string_view text) {
  boost::json::object answer = parseObject(text, who);
  if (const auto code = numberIn(answer, "code"); !code || *code != 0)
    throw std::runtime_error(std::string(who) + " answered with an error");
  return answer;
}

}  // namespace

SrsSummary parseSrsSummary(std::string_view json) {
  const boost::json::object answer = parseAnswer(json);
  const auto* const data = objectIn(answer, "data");
  const auto* const system = data != nullptr ? objectIn(*data, "system") : nullptr;
  if (system == nullptr) throw std::runtime_error(std::string(who) + " has no summary");
  return {countIn(*system, "srs_recv_bytes").value_or(0), countIn(*system, "srs_send_bytes").value_or(0)};
}

std::vector<std::string> parseSrsClients(std::string_view json) {
  const boost::json::object answer = parseAnswer(json);
  const auto* const clients = arrayIn(answer, "clients");
  if (clients == nullptr) throw std::runtime_error(std::string(who) + " lists no clients");
  std::vector<std::string> ids;
  for (const boost::json::value& client : *clients) {
    if (!client.is_object()) continue;
    const boost::json::object& fields = client.get_object();
    if (const auto number = countIn(fields, "id")) {
      ids.push_back(std::to_string(*number));
    } else if (const std::string_view text = textIn(fields, "id"); !text.empty()) {
      ids.emplace_back(text);
    }
  }
  return ids;
}

AgentLoad SrsMonitor::load() {
  const SrsSummary summary = parseSrsSummary(get("/api/v1/summaries"));
  const std::vector<std::string> present = clients();
  const auto now = std::chrono::steady_clock::now();
  AgentLoad load;
  load.connections = static_cast<std::uint32_t>(present.size());
  load.accepts = newcomers_.read(present);
  load.accepts_estimated = true;
  load.in_bits = in_.read(summary.bytes_in, now);
  load.out_bits = out_.read(summary.bytes_out, now);
  return load;
}

std::vector<std::string> SrsMonitor::clients() const {
  std::vector<std::string> all;
  for (std::size_t page = page_size; page == page_size && all.size() < max_clients;) {
    // Without a count there are 10.
    const auto ids = parseSrsClients(
        get("/api/v1/clients/?start=" + std::to_string(all.size()) + "&count=" + std::to_string(page_size)));
    page = ids.size();
    all.insert(all.end(), ids.begin(), ids.end());
  }
  return all;
}

std::string SrsMonitor::get(const std::string& target) const {
  return readPage(api_.withTarget(target), interrupt_);
}

}  // namespace multiconn::agent
