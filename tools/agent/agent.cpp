#include <multiconn/agent.hpp>

#include <array>
#include <bit>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "agent/agent_options.hpp"
#include "agent/health_probe.hpp"
#include "agent/monitor_thread.hpp"
#include "agent/reporter.hpp"
#include "agent/server_guid.hpp"
#include "agent/target_set.hpp"
#include "agent/targets_watch.hpp"
#include "net/random.hpp"
#include "program/readable_by_others.hpp"

namespace multiconn {
namespace {

using namespace agent;

balance::Random seeded() {
  std::array<std::byte, 8> seed{};
  net::fillRandom(seed);
  return balance::Random(std::bit_cast<std::uint64_t>(seed));
}

balance::WallTime wallTime() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

/// Reports leave on one thread, which waits for nobody; the monitor has another.
class Agent::Impl {
 public:
  Impl(AgentOptions options, std::unique_ptr<AgentMonitor> monitor);
  ~Impl();

  void pause(bool paused);
  AgentStatus status() const;

 private:
  void start();
  void stop();
  void watchTargets();
  void askServer();
  void send(const balance::LoadReport& report);
  /// Runs on the strand, tells what changed, and publishes.
  void update(const std::function<void()>& change);
  void publish();
  void log(AgentLogLevel level, const std::string& line) const {
    if (options_.log) options_.log(level, line);
  }

  const AgentOptions options_;
  ReporterOptions reporting_;
  std::vector<balance::Target> first_targets_;
  ServerGuid identity_;
  std::unique_ptr<AgentMonitor> monitor_;

  boost::asio::io_context io_{1};
  net::AsioScheduler scheduler_{io_};
  TargetSet targets_;
  Reporter reporter_;
  std::optional<TargetsWatch> watch_;
  std::optional<HealthProbe> health_;
  std::string told_trouble_;

  mutable std::mutex mutex_;
  AgentStatus status_;  // guarded by mutex_

  std::shared_ptr<void> work_ = scheduler_.work();
  std::thread thread_;
  std::optional<MonitorThread> monitoring_;
};

Agent::Agent(AgentOptions options, std::unique_ptr<AgentMonitor> monitor)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(monitor))) {}
Agent::~Agent() = default;
void Agent::pause() {
  impl_->pause(true);
}
void Agent::unpause() {
  impl_->pause(false);
}
AgentStatus Agent::status() const {
  return impl_->status();
}

Agent::Impl::Impl(AgentOptions options, std::unique_ptr<AgentMonitor> monitor)
    : options_(std::move(options)),
      reporting_(reporterOptions(options_)),
      first_targets_(targetsOf(options_)),
      identity_(options_.guid_file, [this](const std::string& line) { log(AgentLogLevel::warning, line); }),
      monitor_(std::move(monitor)),
      targets_(scheduler_, identity_.guid(), identity_.boot(),
               [this](AgentLogLevel level, const std::string& line) { log(level, line); }),
      reporter_(scheduler_, reporting_, seeded(), wallTime,
                [this](const balance::LoadReport& report) { send(report); }) {
  if (!options_.targets_file.empty() && tools::isReadableByOthers(options_.targets_file))
    log(AgentLogLevel::warning,
        options_.targets_file.string() + " holds keys and may be read by everybody: chmod o-r it");
  publish();
  scheduler_.post([this] { start(); });
  thread_ = std::thread([this] { io_.run(); });
  monitoring_.emplace(
      *monitor_,
      [this](const AgentLoad& load) {
        scheduler_.post([this, load] { update([&] { reporter_.figures(load); }); });
      },
      [this](const std::string& why) {
        log(AgentLogLevel::debug, "the monitor has no figures: " + why);
        scheduler_.post([this, why] { update([&] { reporter_.unreadable(why); }); });
      });
}

Agent::Impl::~Impl() {
  // Balancers are told before the monitor is waited for.
  scheduler_.post([this] { stop(); });
  monitoring_.reset();
  scheduler_.post([this] { work_.reset(); });
  thread_.join();
}

void Agent::Impl::start() {
  targets_.assign(first_targets_);
  reporter_.setTargets(targets_.balancers());
  if (!options_.targets_file.empty()) watchTargets();
  if (!options_.rtmp_host.empty()) askServer();
  update([this] { reporter_.start(); });
}

void Agent::Impl::stop() {
  health_.reset();
  watch_.reset();
  update([this] { reporter_.stop(); });
  targets_.assign({});
}

void Agent::Impl::watchTargets() {
  const auto changed = [this](std::vector<balance::Target> targets) {
    targets_.assign(targets);
    log(AgentLogLevel::info, options_.targets_file.string() +
                                 " was read again: " + std::to_string(targets_.balancers()) + " balancers");
    update([this] { reporter_.setTargets(targets_.balancers()); });
  };
  watch_.emplace(scheduler_, options_.targets_file, changed, [this](const std::string& why) {
    log(AgentLogLevel::error, why + "; the targets from before are kept");
  });
}

void Agent::Impl::askServer() {
  HealthProbeEvents events;
  events.probing = [this](std::uint16_t port) { monitor_->probing(port); };
  events.probed = [this](std::uint16_t port, bool taken) { monitor_->probed(port, taken); };
  events.verdict = [this](bool answers, const std::string& why) {
    update([&] { reporter_.serverAnswers(answers, why); });
  };
  health_.emplace(scheduler_,
                  HealthProbeOptions{options_.rtmp_host, options_.rtmp_port, options_.health_period,
                                     options_.health_timeout},
                  std::move(events));
}

void Agent::Impl::send(const balance::LoadReport& report) {
  rtmp::Bytes bytes;
  try {
    bytes = balance::encode(report);
  } catch (const std::invalid_argument& error) {
    return log(AgentLogLevel::error, std::string("a report was not sent: ") + error.what());
  }
  targets_.send(bytes);
}

void Agent::Impl::update(const std::function<void()>& change) {
  change();
  const std::string& trouble = reporter_.trouble();
  if (reporter_.reports() > 0 && trouble != told_trouble_) {
    told_trouble_ = trouble;
    if (trouble.empty()) {
      log(AgentLogLevel::info, "clients can come");
    } else {
      log(AgentLogLevel::warning, "no clients are to come: " + trouble);
    }
  }
  publish();
}

void Agent::Impl::publish() {
  AgentStatus status;
  status.guid = identity_.guid().text();
  status.boot_counter = identity_.boot().counter;
  status.state = reporter_.state();
  status.healthy = reporter_.healthy();
  status.trouble = reporter_.trouble();
  status.monitor = monitor_->name();
  status.load = reporter_.current().load();
  status.bandwidth_capacity = reporter_.current().bandwidthCapacity();
  status.connection_bits = reporter_.current().connectionBits();
  status.share = reporter_.current().share();
  status.early_reports = reporter_.earlyReports();
  status.reports = reporter_.reports();
  status.interval = options_.interval;
  status.addresses = options_.addresses;
  status.targets = targets_.status();
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

void Agent::Impl::pause(bool paused) {
  scheduler_.post([this, paused] {
    log(AgentLogLevel::info, paused ? "paused: no new clients" : "no longer paused");
    update([&] { reporter_.pause(paused); });
  });
}

AgentStatus Agent::Impl::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace multiconn
