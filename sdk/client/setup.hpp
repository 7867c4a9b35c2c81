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

  /// A spare: it has its row, but does not count.
  void standby(ServerId server);
  /// It is not asked for any more: no row, and one less that `require` is about.
  void removed(ServerId server);
  /// A balancer has named the server: its url is this.
  void located(ServerId server, std::string url);
  /// Why it has no outcome yet. Empty: nothing new is known.
  void waiting(ServerId server, std::string why);
  void connected(ServerId server, std::chrono::milliseconds elapsed);
  void failed(ServerId server, std::string error, std::chrono::milliseconds elapsed);

  /// The requirement is met, or cannot be met any more: a failure is final.
  bool certain() const;
  /// The answer as it stands; servers without an outcome are pending.
  SetupOutcome answer(std::chrono::milliseconds elapsed) const;
  /// "1 of 3 servers answered; all were required."
  std::string sentence() const;

 private:
  struct Row {
    ServerOutcome outcome;
    bool counts = true;
    bool removed = false;
  };
  bool met() const { return counted() > 0 && count(ServerOutcome::State::connected) >= required(); }
  std::size_t counted() const;
  std::size_t count(ServerOutcome::State state) const;
  std::size_t required() const { return require_.of(counted()); }
  Row* find(ServerId server);
  ServerOutcome* undecided(ServerId server);

  std::vector<Row> servers_;  // by id
  Require require_;
};

}  // namespace multiconn::client
