#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/destination.hpp>
#include <multiconn/runtime.hpp>

namespace multiconn {

/// What is asked: which servers to connect to.
struct BalancerQuestion {
  /// http[s]://host[:port]/loadbalancer, in the order in which they are asked; without a path it is
  /// /loadbalancer.
  std::vector<std::string> balancers;
  std::size_t count = 1;  ///< servers that differ in host or port; from 1 to 16
  /// rtmp, rtmps, ...: the only servers wanted. Empty: the one that the balancer names, rtmp if it names
  /// none.
  std::string scheme{};
  std::chrono::milliseconds timeout{3000};  ///< of everything, measured from the call
  TlsOptions tls{};                         ///< for balancers asked by https
};

/// A server that a balancer has named.
struct FoundServer {
  std::string scheme{};        ///< rtmp, rtmps, ...
  std::string host;            ///< a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;      ///< the scheme's default where the balancer named none
  std::string server_id;       ///< the server's GUID; empty where the balancer did not say
  std::optional<double> load;  ///< of its connections, 1 is full; where the balancer said so

  /// scheme://host[:port]/app, as Destination::url has it. `app`: app[/instance][?query]
  std::string url(const std::string& app) const;
};

/// What one balancer came to.
struct BalancerOutcome {
  std::string url;                      ///< masked
  std::string error;                    ///< one sentence; empty: it has named a server
  std::chrono::milliseconds elapsed{};  ///< from the call to its last answer, or to the end
};

struct BalancerReply {
  /// Best first, no two alike; fewer than asked for where there were no more.
  std::vector<FoundServer> servers;
  std::vector<BalancerOutcome> balancers;  ///< in the order of the question
  std::string error;  ///< one sentence; empty when as many servers were found as were asked for
  std::chrono::milliseconds elapsed{};
  bool ok() const { return error.empty(); }
};

/// Asks load balancers (multiconn-balancer, or Wowza's HTTPLoadBalancerRedirector) for servers. Balancers are
/// asked in turn: the next one at once on any answer that is no server, and in any case 400 ms after the last
/// was asked; the earlier ones stay asked, and the first good answer wins. The round starts over while time
/// remains.
/// Threads and callbacks are as MultiConnection has them: find() may be called from any thread and returns at
/// once; callbacks come from the Runtime's thread, one at a time, never from inside the call and never after
/// the destructor has returned, which waits for a callback that is running unless it is called from inside
/// one. The Runtime has to outlive it.
class BalancerClient {
 public:
  explicit BalancerClient(Runtime& runtime);
  ~BalancerClient();
  BalancerClient(const BalancerClient&) = delete;
  BalancerClient& operator=(const BalancerClient&) = delete;

  /// Answers once, at BalancerQuestion::timeout at the latest. Any number at a time. What `answer` throws is
  /// caught and dropped.
  void find(BalancerQuestion question, std::function<void(const BalancerReply&)> answer);

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace multiconn
