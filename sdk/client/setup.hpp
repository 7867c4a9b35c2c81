#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <multiconn/multi_connection.hpp>
#include <multiconn/status.hpp>

namespace multiconn::client {

/// What connect() is to be answered with: outcomes in, one answer out. Knows no clock; times are since
/// connect().
class Setup {
 public:
  /// `urls`: masked, one for each server.
  Setup(const std::vector<std::string>& urls, Require require);

  /// A balancer has named the server: its url is this.
  void located(ServerId server, std::string url);
  /// Why it has no outcome yet; empty: nothing is known but that it has not answered.
  void waiting(ServerId server, std::string why);
  void connected(ServerId server, std::chrono::milliseconds elapsed);
  void failed(ServerId server, std::string error, std::chrono::milliseconds elapsed);

  /// The requirement is met, or cannot be met any more: a failure is final.
  bool certain() const;
  /// The answer as it stands; servers without an outcome are pending.
  SetupOutcome answer(std::chrono::milliseconds elapsed) const;
  /// "1 of 3 servers answered; all 3 were required."
  std::string sentence() const;

 private:
  bool met() const { return !servers_.empty() && connected_ >= required_; }
  ServerOutcome* undecided(ServerId server);

  std::vector<ServerOutcome> servers_;
  std::size_t required_;
  std::size_t connected_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace multiconn::client
