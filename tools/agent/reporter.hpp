#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/agent.hpp>

#include "agent/figures.hpp"
#include "balance/load_report.hpp"
#include "balance/report_scheduler.hpp"
#include "net/scheduler.hpp"

namespace multiconn::agent {

struct ReporterOptions {
  std::vector<balance::RedirectAddress> addresses;
  std::uint32_t capacity = 1000;
  std::uint64_t bandwidth_capacity = 0;
  balance::milliseconds interval{2500};
  bool early_reports = true;
  bool asks_server = false;  ///< serverAnswers() will be called
};

/// What an agent says of itself, and when. One strand; time is the scheduler's.
class Reporter {
 public:
  /// `send` gets every report; `clock` is the wall's.
  Reporter(net::Scheduler& scheduler, ReporterOptions options, balance::Random random,
           std::function<balance::WallTime()> clock, std::function<void(const balance::LoadReport&)> send);

  /// The first report leaves once figures and, where it is asked, the server's answer are there, or after 1
  /// s.
  void start();
  /// The last report.
  void stop();
  void setTargets(std::size_t count);
  void pause(bool paused);
  /// A reading of the monitor.
  void figures(const AgentLoad& load);
  /// The monitor had none; `why` is one sentence.
  void unreadable(const std::string& why);
  /// Whether the server answers a handshake; `why` not: one sentence.
  void serverAnswers(bool answers, const std::string& why);

  AgentState state() const { return state_; }
  bool healthy() const { return trouble_.empty(); }
  const std::string& trouble() const { return trouble_; }
  const Figures& current() const { return figures_; }
  std::uint64_t reports() const { return reports_; }
  bool earlyReports() const;

  /// Figures that are older are not believed.
  static constexpr std::chrono::seconds figures_timeout{5};

 private:
  void judge();
  std::string findTrouble() const;
  void changed();
  void startIfReady(bool in_any_case);
  void arm();
  void report();
  balance::LoadReport compose() const;

  net::Scheduler& scheduler_;
  ReporterOptions options_;
  std::function<balance::WallTime()> clock_;
  std::function<void(const balance::LoadReport&)> send_;
  balance::ReportScheduler times_;
  Figures figures_;
  AgentState state_ = AgentState::running;
  bool starting_ = false, started_ = false;
  std::optional<bool> answers_;
  std::string server_trouble_, monitor_trouble_ = "there are no figures yet", trouble_;
  bool figures_good_ = false;  // not too old
  std::size_t targets_ = 0;
  std::uint64_t reports_ = 0;
  net::Timer due_, ageing_, first_;
};

}  // namespace multiconn::agent
