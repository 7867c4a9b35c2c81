#include "agent/monitors/auto_monitor.hpp"

#include <array>
#include <utility>

#include "agent/monitors/mediamtx_monitor.hpp"
#include "agent/monitors/nginx_rtmp_monitor.hpp"
#include "agent/monitors/origin_status_monitor.hpp"
#include "agent/monitors/srs_monitor.hpp"
#include "agent/monitors/tcp_monitor.hpp"

namespace multiconn::agent {
namespace {

/// How long a monitor that has no figures any more is kept.
constexpr std::chrono::seconds patience{5};

using Candidates = std::vector<AutoMonitor::Candidate>;

tools::HttpUrl local(std::uint16_t port, std::string target) {
  return {"127.0.0.1", port, std::move(target), {}};
}

template <typename Monitor>
void add(const tools::HttpUrl& url, Candidates& candidates) {
  candidates.push_back({std::make_unique<Monitor>(url), "at " + url.shown()});
}

/// Everything that may be behind one URL: what it answers to tells which it is.
void addAll(const tools::HttpUrl& url, Candidates& candidates) {
  add<NginxRtmpMonitor>(url, candidates);
  add<OriginStatusMonitor>(url, candidates);
  add<SrsMonitor>(url, candidates);
  add<MediamtxMonitor>(url, candidates);
}

/// Where the documentation of each puts its page.
void addWellKnown(Candidates& candidates) {
  add<SrsMonitor>(local(1985, "/"), candidates);
  add<MediamtxMonitor>(local(9997, "/"), candidates);
  for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{8080}}) {
    add<NginxRtmpMonitor>(local(port, "/stat"), candidates);
    add<OriginStatusMonitor>(local(port, "/status.json"), candidates);
  }
}

}  // namespace

AutoMonitor::AutoMonitor(AutoOptions options) : options_(std::move(options)) {}

AgentLoad AutoMonitor::load() {
  const auto now = Clock::now();
  const bool lost = monitor_ && !counting_ && now - good_ > patience;
  if (!monitor_ || lost || (counting_ && now - looked_ > options_.again)) {
    looked_ = now;
    if (Candidate found = find(); found.monitor) {
      choose(std::move(found));
      counting_ = false;
    } else if (!counting_) {
      choose({std::make_unique<TcpMonitor>(options_.rtmp_port),
              "from the kernel's list of connections on port " + std::to_string(options_.rtmp_port)});
      counting_ = true;
    }
  }
  AgentLoad load = monitor_->load();
  good_ = Clock::now();
  continueAccepts(load);
  return load;
}

AutoMonitor::Candidate AutoMonitor::find() const {
  Candidates candidates;
  if (options_.url) {
    addAll(*options_.url, candidates);
  } else {
    addWellKnown(candidates);
  }
  for (Candidate& candidate : candidates) {
    if (interrupt_.raised()) return {};
    try {
      candidate.monitor->load();
      return std::move(candidate);
    } catch (const std::exception&) {
      // It is something else, or nothing.
    }
  }
  return {};
}

void AutoMonitor::choose(Candidate candidate) {
  const std::lock_guard lock(mutex_);
  // Probes before this were not told to it, and stand in its first reading: as accepts before the first.
  monitor_ = std::move(candidate.monitor);
  good_ = Clock::now();
  changed_ = true;
  if (options_.log)
    options_.log("figures are read by the monitor " + monitor_->name() + ", " + candidate.place);
}

void AutoMonitor::continueAccepts(AgentLoad& load) {
  if (!load.accepts) return;
  if (std::exchange(changed_, false) && last_accepts_)
    offset_ = static_cast<std::int64_t>(*last_accepts_) - static_cast<std::int64_t>(*load.accepts);
  load.accepts = static_cast<std::uint64_t>(static_cast<std::int64_t>(*load.accepts) + offset_);
  last_accepts_ = load.accepts;
}

std::chrono::milliseconds AutoMonitor::period() const {
  const std::lock_guard lock(mutex_);
  return monitor_ ? monitor_->period() : AgentMonitor::period();
}

std::string AutoMonitor::name() const {
  const std::lock_guard lock(mutex_);
  return monitor_ ? monitor_->name() : "auto";
}

void AutoMonitor::cancel() {
  interrupt_.raise();
  const std::lock_guard lock(mutex_);
  if (monitor_) monitor_->cancel();
}

void AutoMonitor::probing(std::uint16_t local_port) {
  const std::lock_guard lock(mutex_);
  if (monitor_) monitor_->probing(local_port);
}

void AutoMonitor::probed(std::uint16_t local_port, bool taken) {
  const std::lock_guard lock(mutex_);
  if (monitor_) monitor_->probed(local_port, taken);
}

}  // namespace multiconn::agent
