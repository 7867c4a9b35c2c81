#include "net/fetch.hpp"

#include <optional>
#include <set>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"
#include "net/http_exchange.hpp"

namespace multiconn::net {
namespace {

constexpr unsigned most_hops = 5;

/// RFC 9110 15.4: those that say where else to send the same GET.
bool isRedirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

class HttpFetch final : public Fetch {
 public:
  HttpFetch(AsioScheduler& scheduler, FetchRequest request, std::function<void(FetchResult)> done)
      : scheduler_(scheduler), request_(std::move(request)), done_(std::move(done)) {
    ask();
  }

 private:
  void ask();
  void answered(HttpAnswer answer);
  void follow(const std::string& location);
  void refuse(const std::string& where, const std::string& why);
  void tell(FetchResult result);

  AsioScheduler& scheduler_;
  FetchRequest request_;
  std::function<void(FetchResult)> done_;
  std::set<std::string> seen_;
  unsigned hops_ = 0;
  std::unique_ptr<HttpExchange> exchange_;
};

void HttpFetch::ask() {
  seen_.insert(request_.url.text());
  exchange_ = std::make_unique<HttpExchange>(scheduler_, request_.url, request_.tls,
                                             [this](HttpAnswer answer) { answered(std::move(answer)); });
}

void HttpFetch::answered(HttpAnswer answer) {
  if (isRedirect(answer.status) && !answer.location.empty()) return follow(answer.location);
  tell({answer.status, std::move(answer.content_type), std::move(answer.body), std::move(answer.failure)});
}

void HttpFetch::follow(const std::string& location) {
  const HttpUrlResult next = resolveHttpUrl(request_.url, location);
  if (!next.url) return refuse("a place that is not one of HTTP", next.error);
  const std::string where = next.url->masked();
  if (request_.url.secure && !next.url->secure)
    return refuse(where, "it would give up the connection's encryption");
  if (seen_.contains(next.url->text())) return refuse(where, "the way there has led in a circle");
  if (hops_++ == most_hops) return refuse(where, "it is the sixth redirect in a row");
  request_.url = *next.url;
  ask();
}

void HttpFetch::refuse(const std::string& where, const std::string& why) {
  FetchResult result;
  result.failure = makeFailure(Error::protocol_violation, request_.url.host + " redirects to " + where +
                                                              ", which is not followed: " + why);
  tell(std::move(result));
}

void HttpFetch::tell(FetchResult result) {
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace

std::unique_ptr<Fetch> fetch(AsioScheduler& scheduler, FetchRequest request,
                             std::function<void(FetchResult)> done) {
  return std::make_unique<HttpFetch>(scheduler, std::move(request), std::move(done));
}

}  // namespace multiconn::net
