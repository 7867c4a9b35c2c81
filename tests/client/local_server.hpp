#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace multiconn::net {
class TlsContext;
}

namespace multiconn::test {

/// A real server on 127.0.0.1, on a thread of its own, that accepts everything: by rtmp, or by rtmps with a
/// certificate.
class LocalServer {
 public:
  explicit LocalServer(std::shared_ptr<const net::TlsContext> tls = nullptr);
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  std::string url() const;
  /// Video messages received so far.
  std::size_t pictures() const;
  /// Commands of this name received so far.
  std::size_t commands(const std::string& name) const;
  void closeAll();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::test
