#include "origin/http_status.hpp"

#include <utility>

#include "http/http_server.hpp"
#include "http/known_host.hpp"
#include "origin/status_report.hpp"

namespace multiconn::origin {
namespace {

using http::HttpRequest;
using http::HttpResponse;

HttpResponse document(const char* type, std::string text) {
  return {200, type, std::move(text), {}};
}

HttpResponse route(const HttpRequest& request, const std::function<StatusReport()>& report) {
  if (request.path == "/") return document("text/html; charset=utf-8", toHtml(report()));
  if (request.path == "/status.json") return document("application/json", toJson(report()));
  return {404, "text/plain; charset=utf-8", "There is nothing here.\n", {}};
}

}  // namespace

HttpStatus::HttpStatus(net::AsioScheduler& scheduler, Listening listening, std::vector<std::string> names,
                       std::function<StatusReport()> report, std::function<void(const std::string&)> log)
    : scheduler_(scheduler),
      report_(std::move(report)),
      log_(std::move(log)),
      names_(std::move(names)),
      listener_(std::move(listening.listener)),
      address_(std::move(listening.text)),
      port_(listener_->port()) {}
HttpStatus::~HttpStatus() = default;

void HttpStatus::start() {
  http::HttpServerOptions options{.posts = false, .server = "multiconn-origin", .log = log_};
  const auto pages = [report = report_](const HttpRequest& request) { return route(request, report); };
  server_ = std::make_unique<http::HttpServer>(
      scheduler_, std::move(listener_),
      http::requireKnownHost(names_, pages,
                             http::misdirected("This is answered by IP address and as localhost alone, and "
                                               "by the names that the server was told (--http-name).")),
      std::move(options));
}

void HttpStatus::stop() {
  listener_.reset();
  server_.reset();
}

}  // namespace multiconn::origin
