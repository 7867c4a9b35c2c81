#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace multiconn::net {
class AsioScheduler;
}

namespace multiconn::tools {

struct HttpRequest {
  std::string method;         ///< GET, HEAD, POST
  std::string path, query;    ///< path without, query behind the '?'; percent-encoded as they came
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

/// A small HTTP/1.1 server for administration: bounded requests, sessions and time; answers are made on the
/// strand. Not for many clients at once.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  /// Listens. Throws std::system_error with address and port in its sentence. Port 0: the kernel chooses.
  HttpServer(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Answers 401 to whoever does not send "Bearer TOKEN"; compared in constant time.
HttpServer::Handler requireToken(std::string token, HttpServer::Handler handler);

}  // namespace multiconn::tools
