#pragma once

#include <map>
#include <string>
#include <vector>

#include "balance/reports.hpp"
#include "balancer/edge_directory.hpp"

namespace multiconn::balancer::test {

using balance::test::guidOf;
using balance::test::noon;

/// An EdgeDirectory and the agents that report to it, in simulated time. The hold at the start is over.
class TestDirectory {
 public:
  /// `paused`: edges that were paused before a restart.
  explicit TestDirectory(balance::DispatcherOptions options = {},
                         const std::vector<balance::Guid>& paused = {})
      : edges(options, opener(), now, 1, log(), paused) {
    advance(options.hold + balance::milliseconds(1));
  }

  void advance(balance::milliseconds time) {
    now += time;
    wall += time;
  }
  /// One report of edge `number`; `change` may alter it.
  template <typename Change>
  void report(unsigned number, Change change) {
    balance::LoadReport report = balance::test::reportAt(wall);
    report.addresses = {{"rtmp", "10.0.0." + std::to_string(number), 0, ""}};
    change(report);
    receive(balance::test::Sender(number).seal(balance::encode(report), ++seq_[number]));
  }
  void report(unsigned number) {
    report(number, [](balance::LoadReport&) {});
  }
  void receive(rtmp::BytesView datagram, const std::string& sender = "192.0.2.1") {
    edges.receive(datagram, sender, now, wall);
  }

  balance::TimePoint now{std::chrono::hours(1)};
  balance::WallTime wall = noon;
  std::vector<std::string> lines;  ///< of the log
  EdgeDirectory edges;

 private:
  static balance::Opener opener() {
    return balance::Opener(balance::test::withKeys({balance::test::key_text}));
  }
  Log log() {
    return [this](LogLevel, const std::string& line) { lines.push_back(line); };
  }

  std::map<unsigned, std::uint64_t> seq_;
};

}  // namespace multiconn::balancer::test
