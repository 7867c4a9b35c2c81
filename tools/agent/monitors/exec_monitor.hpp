#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/monitors/probed_monitor.hpp"

namespace multiconn::agent {

/// From {"connections":N, "capacity":N, "accepts":N, "acceptsEstimated":bool, "inBits":N, "outBits":N,
/// "cpu":0..1, "healthy":bool}, of which only `connections` has to be there.
struct ExecOutput {
  AgentLoad load;
  std::vector<std::string> unknown;  ///< names of fields that are none of these, as they came
};

/// Throws std::runtime_error with one sentence.
ExecOutput parseExecOutput(std::string_view json);

struct ExecOptions {
  std::vector<std::string> argv;  ///< program (looked for in PATH) and its arguments; there is no shell
  std::chrono::milliseconds timeout{2000};
  /// The first line that it prints on stderr, and, once, a field that nobody knows.
  std::function<void(const std::string&)> log;
};

/// A program that prints what a server carries, run once a second.
class ExecMonitor final : public ProbedMonitor {
 public:
  explicit ExecMonitor(ExecOptions options) : options_(std::move(options)) {}

  AgentLoad load() override;
  std::chrono::milliseconds period() const override { return std::chrono::milliseconds(1000); }
  std::string name() const override { return "exec"; }

 private:
  void tellUnknown(const std::vector<std::string>& fields);

  ExecOptions options_;
  bool told_unknown_ = false;
};

}  // namespace multiconn::agent
