#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace multiconn::net {
class AsioScheduler;
class Listener;
}  // namespace multiconn::net

namespace multiconn::http {

struct HttpRequest {
  std::string method;         ///< GET, HEAD, POST
  std::string path, query;    ///< path without, query behind the '?'; percent-encoded as they came
  std::string host;           ///< the header's value
  std::string authorization;  ///< the header's value
  std::string origin;         ///< the header's value
  std::string body;           ///< at most 64 KiB
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct HttpServerOptions {
  bool posts = true;        ///< false: GET and HEAD alone, without bodies
  std::string server = {};  ///< the header's value; empty: none
  /// Gets one sentence when a handler has thrown, which was answered with 500.
  std::function<void(const std::string&)> log = {};
};

/// A small HTTP/1.1 server for administration: bounded requests, sessions and time; answers are made on the
/// strand. Not for many clients at once: beyond a few, a new one takes the place of the one that has been
/// idle longest.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  HttpServer(net::AsioScheduler& scheduler, std::unique_ptr<net::Listener> listener, Handler handler,
             HttpServerOptions options = {});
  /// Listens. Throws std::system_error with address and port in its sentence. Port 0: the kernel chooses.
  HttpServer(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port, Handler handler,
             HttpServerOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::http
