#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "agent/program/attributes.hpp"

namespace multiconn::agent {
namespace {

/// One scrape's figures.
class Page {
 public:
  void gauge(const char* name, const char* help, double value) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add({}).Set(value);
  }
  void counter(const char* name, const char* help, double value) {
    prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add({}).Increment(value);
  }
  void targets(const std::vector<AgentTargetStatus>& targets) {
    auto& reports = prometheus::BuildCounter()
                        .Name("multiconn_agent_target_reports_total")
                        .Help("Reports that left for one balancer")
                        .Register(registry_);
    auto& failures = prometheus::BuildCounter()
                         .Name("multiconn_agent_target_failures_total")
                         .Help("Reports to one balancer that could not be sent")
                         .Register(registry_);
    for (const AgentTargetStatus& target : targets) {
      const prometheus::Labels labels{{"host", target.host}, {"port", std::to_string(target.port)}};
      reports.Add(labels).Increment(static_cast<double>(target.reports));
      failures.Add(labels).Increment(static_cast<double>(target.failures));
    }
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  prometheus::Registry registry_;
};

}  // namespace

std::string metricsText(const AgentStatus& status) {
  const AgentLoad& load = status.load;
  Page page;
  page.gauge("multiconn_agent_connections", "Clients connected to the server", load.connections);
  page.gauge("multiconn_agent_capacity", "Connections it can take", load.capacity.value_or(0));
  page.gauge("multiconn_agent_load", "How full it is; 1 is full", status.share);
  page.gauge("multiconn_agent_in_bits", "Bits received per second", static_cast<double>(load.in_bits));
  page.gauge("multiconn_agent_out_bits", "Bits sent per second", static_cast<double>(load.out_bits));
  page.gauge("multiconn_agent_cpu", "How busy the processors are, 0 to 1", load.cpu.value_or(0));
  page.gauge("multiconn_agent_healthy", "1: clients can come", status.healthy ? 1 : 0);
  page.gauge("multiconn_agent_paused", "1: an administrator has paused it",
             status.state == AgentState::paused ? 1 : 0);
  if (load.accepts) {
    page.counter("multiconn_agent_accepts_total", "Clients that ever came",
                 static_cast<double>(*load.accepts));
  }
  page.counter("multiconn_agent_reports_total", "Reports made", static_cast<double>(status.reports));
  page.targets(status.targets);
  return page.text();
}

}  // namespace multiconn::agent
