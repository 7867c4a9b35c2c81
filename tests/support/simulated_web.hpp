#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/fetch.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::test {

/// What a web server says to one request.
struct WebReply {
  net::FetchResult result;
  net::Duration after{};
};

/// HTTP in simulated time: scripts by host, and what was asked.
class SimulatedWeb {
 public:
  struct Request {
    net::HttpUrl url;
    net::TimePoint at;
  };
  /// `nth`: 1, 2, ...; nothing: the request hangs.
  using Script = std::function<std::optional<WebReply>(const net::HttpUrl& url, int nth)>;

  explicit SimulatedWeb(SimulatedLoop& loop) : loop_(loop) {}
  void serve(const std::string& host, Script script) { scripts_[host] = std::move(script); }
  std::unique_ptr<net::Fetch> fetch(net::FetchRequest request, std::function<void(net::FetchResult)> done);

  const std::vector<Request>& requests() const { return requests_; }
  std::size_t requestsTo(const std::string& host) const;
  /// Requests that nobody has forgotten and that have no answer.
  int pending() const { return *pending_; }

 private:
  SimulatedLoop& loop_;
  std::map<std::string, Script> scripts_;
  std::map<std::string, int> counts_;
  std::vector<Request> requests_;
  std::shared_ptr<int> pending_ = std::make_shared<int>(0);
};

// Replies.
WebReply text(std::string body, net::Duration after = {}, unsigned status = 200);
/// With these hosts in `servers`, each with a port of 0.
WebReply jsonServers(const std::vector<std::string>& hosts, net::Duration after = {});
WebReply refusedConnection(net::Duration after = {});

}  // namespace multiconn::test
