#include "agent/reporter.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::agent {
namespace {

constexpr std::chrono::seconds longest_start{1};

balance::EdgeState edgeState(AgentState state) {
  switch (state) {
    case AgentState::running:
      return balance::EdgeState::running;
    case AgentState::paused:
      return balance::EdgeState::paused;
    case AgentState::stopping:
      break;
  }
  return balance::EdgeState::stopping;
}

}  // namespace

Reporter::Reporter(net::Scheduler& scheduler, ReporterOptions options, balance::Random random,
                   std::function<balance::WallTime()> clock,
                   std::function<void(const balance::LoadReport&)> send)
    : scheduler_(scheduler),
      options_(std::move(options)),
      clock_(std::move(clock)),
      send_(std::move(send)),
      times_(options_.interval, scheduler.now(), random),
      figures_(options_.capacity, options_.bandwidth_capacity),
      trouble_(monitor_trouble_) {}

void Reporter::start() {
  starting_ = true;
  first_ = scheduler_.after(longest_start, [this] { startIfReady(true); });
  startIfReady(false);
}

void Reporter::startIfReady(bool in_any_case) {
  const bool ready = figures_good_ && (answers_ || !options_.asks_server);
  if (!starting_ || started_ || (!ready && !in_any_case)) return;
  started_ = true;
  changed();
}

void Reporter::stop() {
  if (state_ == AgentState::stopping) return;
  state_ = AgentState::stopping;
  // Only who was heard of has to be forgotten.
  if (started_) report();
  due_.cancel();
  ageing_.cancel();
  first_.cancel();
}

void Reporter::setTargets(std::size_t count) {
  const bool more = count > targets_;
  targets_ = count;
  if (more) changed();
}

void Reporter::pause(bool paused) {
  if (state_ == AgentState::stopping) return;
  state_ = paused ? AgentState::paused : AgentState::running;
  changed();
}

bool Reporter::earlyReports() const {
  return options_.early_reports && figures_.load().accepts && !figures_.load().accepts_estimated;
}

void Reporter::figures(const AgentLoad& load) {
  if (state_ == AgentState::stopping) return;
  figures_.read(load, scheduler_.now());
  monitor_trouble_ = load.healthy ? "" : "its monitor says that it takes no clients";
  figures_good_ = true;
  ageing_ = scheduler_.after(figures_timeout, [this] {
    figures_good_ = false;
    monitor_trouble_ = "there have been no figures for " + std::to_string(figures_timeout.count()) + " s";
    judge();
  });
  if (earlyReports()) times_.accepted(*figures_.load().accepts, figures_.capacity(), scheduler_.now());
  judge();
  startIfReady(false);
  arm();
}

void Reporter::unreadable(const std::string& why) {
  if (figures_good_ || state_ == AgentState::stopping) return;
  monitor_trouble_ = "there are no figures: " + why;
  judge();
}

void Reporter::serverAnswers(bool answers, const std::string& why) {
  answers_ = answers;
  server_trouble_ = answers ? "" : why;
  judge();
  startIfReady(false);
}

void Reporter::judge() {
  const bool before = healthy();
  trouble_ = findTrouble();
  if (healthy() != before) changed();
}

std::string Reporter::findTrouble() const {
  if (!server_trouble_.empty()) return server_trouble_;
  if (options_.asks_server && !answers_) return "the server has not been asked yet";
  return monitor_trouble_;
}

void Reporter::changed() {
  if (!started_ || state_ == AgentState::stopping) return;
  times_.reportNow(scheduler_.now());
  arm();
}

void Reporter::arm() {
  if (!started_ || state_ == AgentState::stopping) return;
  const auto left = std::max(net::Duration::zero(), times_.due() - scheduler_.now());
  due_ = scheduler_.after(left, [this] {
    report();
    arm();
  });
}

void Reporter::report() {
  ++reports_;
  send_(compose());
  times_.reported(scheduler_.now());
}

balance::LoadReport Reporter::compose() const {
  const AgentLoad& load = figures_.load();
  balance::LoadReport report;
  report.sent = clock_();
  report.state = edgeState(state_);
  report.healthy = healthy();
  report.early_reports = earlyReports();
  report.accepts_estimated = load.accepts_estimated;
  report.targets = static_cast<std::uint8_t>(std::clamp<std::size_t>(targets_, 1, 255));
  report.addresses = options_.addresses;
  report.connections = load.connections;
  report.connection_capacity = figures_.capacity();
  report.accepts = load.accepts;
  report.in_bits = load.in_bits;
  report.out_bits = load.out_bits;
  report.bandwidth_capacity = figures_.bandwidthCapacity();
  report.connection_bits = figures_.connectionBits();
  report.cpu = static_cast<float>(*load.cpu);
  report.interval = options_.interval;
  return report;
}

}  // namespace multiconn::agent
