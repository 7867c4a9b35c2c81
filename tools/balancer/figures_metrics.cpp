#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "balancer/answers.hpp"
#include "balancer/edge_facts.hpp"
#include "balancer/figures.hpp"

namespace multiconn::balancer {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Page {
 public:
  /// Begins a family; value() adds to it.
  Page& family(const char* name, MetricType type, const char* help) {
    MetricFamily& family = families_.emplace_back();
    family.name = std::string("multiconn_balancer_") + name;
    family.help = help;
    family.type = type;
    return *this;
  }
  Page& counter(const char* name, const char* help) { return family(name, MetricType::Counter, help); }
  Page& gauge(const char* name, const char* help) { return family(name, MetricType::Gauge, help); }

  template <typename Number>
  Page& value(Number number, const Labels& labels = {}) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    for (const auto& [name, text] : labels) metric.label.push_back({name, text});
    metric.counter.value = metric.gauge.value = static_cast<double>(number);
    return *this;
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void addEdges(Page& page, const EdgeDirectory& edges, balance::TimePoint now) {
  std::array<std::size_t, edge_status_count> by_status{};
  by_status[static_cast<std::size_t>(balance::EdgeStatus::paused)] = edges.pool().expectedPaused().size();
  for (const balance::Edge& edge : edges.pool().edges()) {
    ++by_status[static_cast<std::size_t>(edges.pool().status(edge, now))];
  }
  page.gauge("edges", "Edges that are known, by status.");
  for (std::size_t i = 0; i < by_status.size(); ++i) {
    page.value(by_status[i], {{"status", std::string(wordOf(static_cast<balance::EdgeStatus>(i)))}});
  }
  const auto each = [&](auto figure) {
    for (const balance::Edge& edge : edges.pool().edges()) {
      page.value(figure(edge), {{"edge", edge.guid.text()}, {"address", shownAddress(edge)}});
    }
  };
  page.gauge("edge_connections", "Connections that the edge reported last.");
  each([](const balance::Edge& edge) { return edge.report.connections; });
  page.gauge("edge_capacity", "Connections that the edge has room for.");
  each([](const balance::Edge& edge) { return edge.report.connection_capacity; });
  page.gauge("edge_pending", "Clients sent there that no report can have counted yet.");
  each([](const balance::Edge& edge) { return edge.pending_sum; });
  page.gauge("edge_out_bits_per_second", "What the edge sends.");
  each([](const balance::Edge& edge) { return edge.report.out_bits; });
  page.gauge("edge_cpu_ratio", "Of all processors of the edge, 0 to 1.");
  each([](const balance::Edge& edge) { return edge.report.cpu; });
  page.gauge("edge_report_age_seconds", "Since the edge's last report.");
  each([now](const balance::Edge& edge) { return static_cast<double>(ageOf(edge, now).count()) / 1000; });
  page.counter("edge_redirects_total", "Clients sent to the edge by this balancer.");
  each([](const balance::Edge& edge) { return edge.redirects; });
}

void addLookUps(Page& page, const DirectoryCounts& counts) {
  page.counter("look_ups_total", "Look-ups by form and result; ok: an edge was named.");
  for (std::size_t form = 0; form < look_up_form_count; ++form) {
    for (std::size_t reason = 0; reason < counts.look_ups[form].size(); ++reason) {
      const std::string_view result = reason == 0 ? "ok" : nameOf(static_cast<balance::NoEdge>(reason));
      page.value(counts.look_ups[form][reason], {{"form", std::string(nameOf(static_cast<LookUpForm>(form)))},
                                                 {"result", std::string(result)}});
    }
  }
  page.counter("redirects_total", "Edges that were named to clients.").value(counts.redirects);
}

void addReports(Page& page, const Figures& figures, const EdgeDirectory& edges, balance::TimePoint now) {
  const DirectoryCounts& counts = edges.counts();
  page.counter("reports_total", "Reports that were accepted.").value(counts.reports);
  page.counter("report_drops_total", "Datagrams that the kernel dropped, since no room was left for them.")
      .value(figures.reports_dropped);
  page.counter("report_refusals_total", "Datagrams that were refused, by reason.");
  for (std::size_t i = 0; i < counts.refusals.size(); ++i) {
    page.value(counts.refusals[i],
               {{"reason", std::string(balance::nameOf(static_cast<balance::Refusal>(i)))}});
  }
  page.gauge("duplicate_guids", "GUIDs that two machines reported under within the last minute.")
      .value(edges.duplicates(now));
  page.gauge("arrival_ratio", "Clients that reach an edge for each that this balancer sent there.")
      .value(edges.pool().arrivalRatio());
}

void addConnections(Page& page, const Figures& figures) {
  page.gauge("connections", "Connections to the client port, by what they speak.")
      .value(figures.http_connections, {{"protocol", "http"}})
      .value(figures.rtmp_connections, {{"protocol", "rtmp"}})
      .value(figures.clients.waiting, {{"protocol", "waiting"}});
  page.counter("connections_total", "Connections to the client port.").value(figures.clients.accepted);
  page.counter("connections_closed_total", "Connections that were closed by the balancer, by reason.")
      .value(figures.clients.silent, {{"reason", "silent"}})
      .value(figures.clients.crowded + figures.http_crowded, {{"reason", "crowded"}})
      .value(figures.clients.garbage, {{"reason", "garbage"}})
      .value(figures.rtmp.refused, {{"reason", "rtmp_refused"}});
  page.counter("http_requests_total", "HTTP requests to the client port.").value(figures.http_requests);
  page.gauge("relayed_clients", "RTMP clients that are carried to their edge.").value(figures.rtmp.relayed);
  page.counter("relayed_bytes_total", "Bytes that were carried.")
      .value(figures.rtmp.carried.to_edges, {{"direction", "to_edge"}})
      .value(figures.rtmp.carried.to_clients, {{"direction", "to_client"}});
  page.counter("relay_edge_failures_total", "Edges that could not be reached for a client to be carried.")
      .value(figures.rtmp.edge_failures);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// proc(5): the second number of statm is the resident set, in pages.
double residentBytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void addProcess(Page& page, const Figures& figures, balance::TimePoint now) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  page.counter("process_cpu_seconds_total", "Of this process, user and system.")
      .value(seconds(usage.ru_utime) + seconds(usage.ru_stime));
  page.gauge("process_resident_bytes", "Memory of this process.").value(residentBytes());
  page.gauge("uptime_seconds", "Since the start.")
      .value(std::chrono::duration<double>(now - figures.started).count());
  page.counter("state_file_failures_total", "Attempts to save the state that failed.")
      .value(figures.state_failures);
}

}  // namespace

std::string metricsText(const Figures& figures, const EdgeDirectory& edges, balance::TimePoint now) {
  Page page;
  addEdges(page, edges, now);
  addLookUps(page, edges.counts());
  addReports(page, figures, edges, now);
  addConnections(page, figures);
  addProcess(page, figures, now);
  return page.text();
}

}  // namespace multiconn::balancer
