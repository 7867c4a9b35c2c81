#include "support/simulated_web.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace multiconn::test {

namespace {

class SimulatedFetch final : public net::Fetch {
 public:
  explicit SimulatedFetch(std::shared_ptr<int> pending) : pending_(std::move(pending)) { ++*pending_; }
  ~SimulatedFetch() override {
    if (!over_) --*pending_;
  }
  SimulatedFetch(const SimulatedFetch&) = delete;
  SimulatedFetch& operator=(const SimulatedFetch&) = delete;

  void answerWith(net::Timer timer) { timer_ = std::move(timer); }
  void over() {
    over_ = true;
    --*pending_;
  }

 private:
  std::shared_ptr<int> pending_;
  bool over_ = false;
  net::Timer timer_;
};

}  // namespace

std::unique_ptr<net::Fetch> SimulatedWeb::fetch(net::FetchRequest request,
                                                std::function<void(net::FetchResult)> done) {
  const std::string host = request.url.host;
  requests_.push_back({request.url, loop_.now()});
  const auto script = scripts_.find(host);
  std::optional<WebReply> reply = refusedConnection();
  if (script != scripts_.end()) reply = script->second(request.url, ++counts_[host]);
  auto fetch = std::make_unique<SimulatedFetch>(pending_);
  if (!reply) return fetch;
  fetch->answerWith(loop_.after(
      reply->after, [raw = fetch.get(), done = std::move(done), result = std::move(reply->result)]() mutable {
        raw->over();
        done(std::move(result));
      }));
  return fetch;
}

std::size_t SimulatedWeb::requestsTo(const std::string& host) const {
  return static_cast<std::size_t>(std::count_if(
      requests_.begin(), requests_.end(), [&](const Request& request) { return request.url.host == host; }));
}

WebReply text(std::string body, net::Duration after, unsigned status) {
  WebReply reply;
  reply.result.status = status;
  reply.result.content_type = "text/plain";
  reply.result.body = std::move(body);
  reply.after = after;
  return reply;
}

WebReply jsonServers(const std::vector<std::string>& hosts, net::Duration after) {
  std::string list;
  for (const std::string& host : hosts)
    list += (list.empty() ? "" : ",") + std::string(R"({"host":")") + host + R"(","port":0})";
  return text(R"({"servers":[)" + list + "]}", after);
}

WebReply refusedConnection(net::Duration after) {
  WebReply reply;
  reply.result.failure = {std::make_error_code(std::errc::connection_refused), "connection refused by it",
                          false};
  reply.after = after;
  return reply;
}

}  // namespace multiconn::test
