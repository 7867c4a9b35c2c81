#include "balancer/admin_pages.hpp"

#include <memory>
#include <utility>

#include "balancer/status_page.hpp"
#include "program/admin_access.hpp"

namespace multiconn::balancer {
namespace {

using http::HttpRequest;
using http::HttpResponse;
using http::HttpServer;

constexpr const char* page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpResponse plain(unsigned status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

HttpResponse document(const char* type, std::string text) {
  HttpResponse response = plain(200, std::move(text));
  response.content_type = type;
  return response;
}

HttpResponse file(std::string_view name) {
  const auto content = pageFile(name);
  if (!content) return plain(404, "There is nothing here.\n");
  const char* const type = name.ends_with(".css")  ? "text/css; charset=utf-8"
                           : name.ends_with(".js") ? "text/javascript; charset=utf-8"
                                                   : "text/html; charset=utf-8";
  HttpResponse response = document(type, std::string(*content));
  response.headers = {{"Content-Security-Policy", page_policy}, {"Referrer-Policy", "no-referrer"}};
  return response;
}

class Pages {
 public:
  Pages(AdminPagesOptions options, EdgeDirectory& edges, const History& history,
        std::function<Figures()> figures, std::function<balance::TimePoint()> now, Log log)
      : edges_(edges),
        history_(history),
        figures_(std::move(figures)),
        now_(std::move(now)),
        log_(std::move(log)) {
    const auto reading = [this](const HttpRequest& request) { return read(request); };
    const auto operating = [this](const HttpRequest& request) { return operate(request); };
    const bool has_token = !options.token.empty();
    read_ = has_token && options.token_for_reading
                ? tools::requireToken(options.token, reading)
                : tools::requireKnownHost(options.names, options.token, reading);
    operate_ = has_token ? tools::requireToken(options.token, operating)
                         : HttpServer::Handler([](const HttpRequest&) {
                             return plain(403, "Operations need --admin-token-file, which is missing.\n");
                           });
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  HttpResponse answer(const HttpRequest& request) {
    if (request.method == "POST") return operate_(request);
    if (request.path == "/") return file("index.html");
    if (request.path == "/page.css" || request.path == "/page.js") return file(request.path.substr(1));
    if (request.path == "/healthz") return plain(200, "ok\n");
    return read_(request);
  }

 private:
  HttpResponse read(const HttpRequest& request) {
    const balance::TimePoint now = now_();
    if (request.path == "/servers") return document("application/json", serversJson(figures_(), edges_, now));
    if (request.path == "/history") return document("application/json", historyJson(history_, now));
    if (request.path == "/metrics") {
      return document("text/plain; version=0.0.4; charset=utf-8", metricsText(figures_(), edges_, now));
    }
    return plain(404, "There is nothing here.\n");
  }

  HttpResponse operate(const HttpRequest& request) {
    constexpr std::string_view prefix = "/servers/";
    std::string_view path = request.path;
    if (!path.starts_with(prefix)) return plain(404, "There is nothing here.\n");
    path.remove_prefix(prefix.size());
    const std::size_t slash = path.find('/');
    const std::string id(path.substr(0, slash));
    const std::string_view operation = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    if (operation != "pause" && operation != "unpause") {
      return plain(404, "There are /servers/ID/pause and /servers/ID/unpause.\n");
    }
    const bool paused = operation == "pause";
    if (!edges_.pause(id, paused, now_())) return plain(404, "There is no such edge.\n");
    log_(LogLevel::info,
         std::string("the administration ") + (paused ? "paused" : "unpaused") + " edge " + id);
    return document("application/json", paused ? "{\"paused\":true}\n" : "{\"paused\":false}\n");
  }

  EdgeDirectory& edges_;
  const History& history_;
  std::function<Figures()> figures_;
  std::function<balance::TimePoint()> now_;
  Log log_;
  HttpServer::Handler read_, operate_;
};

}  // namespace

HttpServer::Handler adminPages(AdminPagesOptions options, EdgeDirectory& edges, const History& history,
                               std::function<Figures()> figures, std::function<balance::TimePoint()> now,
                               Log log) {
  const auto pages = std::make_shared<Pages>(std::move(options), edges, history, std::move(figures),
                                             std::move(now), std::move(log));
  return [pages](const HttpRequest& request) { return pages->answer(request); };
}

}  // namespace multiconn::balancer
