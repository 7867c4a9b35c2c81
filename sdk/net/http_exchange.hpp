#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <multiconn/destination.hpp>

#include "net/asio_scheduler.hpp"
#include "net/http_url.hpp"
#include "net/link.hpp"

namespace multiconn::net {

/// One answer to a GET.
struct HttpAnswer {
  unsigned status = 0;  ///< 0: there is none, see failure
  std::string content_type;
  std::string location;
  std::string body;  ///< 64 KiB at most
  LinkFailure failure;
};

/// One GET over a connection of its own. Tells once, from a task of its own; `done` may destroy it.
/// Destroying it ends the connection. It has no deadline: its owner has.
class HttpExchange {
 public:
  HttpExchange(AsioScheduler& scheduler, const HttpUrl& url, const TlsOptions& tls,
               std::function<void(HttpAnswer)> done);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::net
