#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <multiconn/balancer_client.hpp>

#include "client/balancer_answer.hpp"
#include "client/engine.hpp"
#include "net/fetch.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// One question to several balancers, from the first request to the answer; on one strand.
class BalancerLookup {
 public:
  /// `done` is called once, from a task of its own, and may destroy this; destroying it forgets the question.
  BalancerLookup(net::Scheduler& scheduler, Runtime::Engine& engine, BalancerQuestion question,
                 std::function<void(BalancerReply)> done);
  ~BalancerLookup();
  BalancerLookup(const BalancerLookup&) = delete;
  BalancerLookup& operator=(const BalancerLookup&) = delete;

  /// Servers for which this is false are passed over. Before start().
  void wanted(std::function<bool(const FoundServer&)> is_wanted) { is_wanted_ = std::move(is_wanted); }
  /// Once. `called_at`: from when time counts.
  void start(rtmp::TimePoint called_at);
  /// The answer as it stands.
  BalancerReply standing() const;
  /// No server was found, and asking these balancers again cannot help.
  bool hopeless() const;

 private:
  struct Balancer {
    net::HttpUrl url;
    std::string masked_url;
    std::string error;                                 // of its last answer
    std::optional<std::chrono::milliseconds> elapsed;  // until then; nothing: there was none
    rtmp::TimePoint asked_at{};
    std::size_t asked_for = 0;  // servers; 0: not asked
    bool answered_well = false;
    bool final = false;     // not to be asked again
    bool told_all = false;  // it has named fewer than it was asked for: all it has
    std::unique_ptr<net::Fetch> fetch;
    net::Timer limit;
  };
  using Place = std::tuple<std::string, std::string, std::uint16_t>;

  bool askable(const Balancer& balancer) const;
  bool awaited(const Balancer& balancer) const;
  void askNext();
  void ask(Balancer& balancer);
  void answered(Balancer& balancer, const net::FetchResult& result);
  void failed(Balancer& balancer, std::string problem, bool final);
  void take(Balancer& balancer, BalancerAnswer answer);
  void goOn();
  void roundOver();
  void startRound();
  bool complete() const { return servers_.size() >= question_.count; }
  std::string sentence() const;
  std::chrono::milliseconds elapsed() const;
  void finish();

  net::Scheduler& scheduler_;
  Runtime::Engine& engine_;
  BalancerQuestion question_;
  std::function<void(BalancerReply)> done_;
  std::function<bool(const FoundServer&)> is_wanted_;
  rtmp::TimePoint called_at_{};
  std::vector<Balancer> balancers_;
  std::size_t next_ = 0;  // of the round
  unsigned rounds_ = 0;
  bool pausing_ = false;  // between two rounds
  bool gained_ = false;   // the round has brought another name
  std::set<Place> seen_;  // whatever was named
  std::vector<FoundServer> servers_;
  net::Timer deadline_, step_;
};

/// As parseHttpUrl(); /loadbalancer where there is no path.
net::HttpUrlResult parseBalancerUrl(std::string_view text);
/// One sentence about what is wrong with the question itself; empty: nothing.
std::string problemOf(const BalancerQuestion& question);
/// Its error and, where no server was found, what each balancer has answered.
std::string inDetail(const BalancerReply& reply);

}  // namespace multiconn::client
