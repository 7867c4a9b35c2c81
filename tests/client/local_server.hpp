#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace multiconn::test {

/// A real RTMP server on 127.0.0.1, on a thread of its own, that accepts everything.
class LocalServer {
 public:
  LocalServer();
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
