#include "net/socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <span>

namespace multiconn::net {

void Socket::reset(int descriptor) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = descriptor;
}

Address::Address(const sockaddr* address, socklen_t size) : size_(size) {
  if (size > sizeof storage_) size_ = 0;
  std::memcpy(&storage_, address, size_);
}

std::optional<Address> Address::numeric(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  const Address address(found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

Address Address::ofSocket(int descriptor) {
  Address address;
  address.size_ = sizeof address.storage_;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address.storage_), &address.size_) != 0)
    return {};
  return address;
}

std::uint16_t Address::port() const {
  if (isIpv6()) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
}

rtmp::BytesView Address::bytes() const {
  if (isIpv6()) return std::as_bytes(std::span(&reinterpret_cast<const sockaddr_in6*>(data())->sin6_addr, 1));
  return std::as_bytes(std::span(&reinterpret_cast<const sockaddr_in*>(data())->sin_addr, 1));
}

std::string Address::host() const {
  std::array<char, NI_MAXHOST> text{};
  const int failed = ::getnameinfo(data(), size_, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return failed ? "an unknown address" : text.data();
}

std::string Address::text() const {
  return host() + " port " + std::to_string(port());
}

}  // namespace multiconn::net
