#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "rtmp/bytes.hpp"

namespace multiconn::net {

/// Owns a socket's descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Socket() { reset(); }

  int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  int release() { return std::exchange(descriptor_, -1); }
  void reset(int descriptor = -1);

 private:
  int descriptor_ = -1;
};

/// An IPv4 or IPv6 address with its port.
class Address {
 public:
  Address() = default;
  Address(const sockaddr* address, socklen_t size);
  /// From a numeric host ("127.0.0.1", "::1", "fe80::1%eth0"); nothing when it is a name.
  static std::optional<Address> numeric(const std::string& host, std::uint16_t port);
  /// The local end of a bound socket.
  static Address ofSocket(int descriptor);

  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  bool isIpv6() const { return family() == AF_INET6; }
  std::uint16_t port() const;
  std::string host() const;
  /// The 4 or 16 bytes of the address itself.
  rtmp::BytesView bytes() const;
  /// "127.0.0.1 port 1935", for sentences.
  std::string text() const;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace multiconn::net
