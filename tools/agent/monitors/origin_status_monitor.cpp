#include "agent/monitors/origin_status_monitor.hpp"

#include <boost/json/array.hpp>
#include <stdexcept>

#include "agent/monitors/json_fields.hpp"
#include "agent/monitors/monitor_page.hpp"

namespace multiconn::agent {

OriginStatus parseOriginStatus(std::string_view json) {
  const boost::json::object answer = parseObject(json, "multiconn-origin");
  const auto* const applications = arrayIn(answer, "applications");
  const auto total = countIn(answer, "connections_total");
  if (applications == nullptr || !total)
    throw std::runtime_error("this is no status document of multiconn-origin");
  OriginStatus status{0, *total, countIn(answer, "bytes_in").value_or(0),
                      countIn(answer, "bytes_out").value_or(0)};
  // Not `connections`, which has those that have not said connect, as the agent's own probes.
  for (const boost::json::value& application : *applications) {
    if (!application.is_object()) continue;
    status.clients += static_cast<std::uint32_t>(countIn(application.get_object(), "clients").value_or(0));
  }
  return status;
}

AgentLoad OriginStatusMonitor::load() {
  const OriginStatus status = parseOriginStatus(readPage(page_, interrupt_));
  const auto now = std::chrono::steady_clock::now();
  AgentLoad load;
  load.connections = status.clients;
  load.accepts = accepts_.read(status.accepts, probes_.connections());
  load.in_bits = in_.read(status.bytes_in, now);
  load.out_bits = out_.read(status.bytes_out, now);
  return load;
}

}  // namespace multiconn::agent
