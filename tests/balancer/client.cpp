#include "balancer/client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace multiconn::balancer::test {

Client::Client(net::test::Loop& loop, std::uint16_t port)
    : loop_(loop), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const net::Address address = *net::Address::numeric("127.0.0.1", port);
  EXPECT_EQ(::connect(socket_.descriptor(), address.data(), address.size()), 0);
}

// A peer that closes early is part of some tests.
void Client::send(const std::string& text) {
  std::size_t sent = 0;
  EXPECT_TRUE(loop_.until([&] {
    const ssize_t size =
        ::send(socket_.descriptor(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) sent += static_cast<std::size_t>(size);
    loop_.settle();
    return sent == text.size() || (size < 0 && errno != EAGAIN);
  }));
}

std::string Client::responses(std::size_t count) {
  EXPECT_TRUE(loop_.until([&] {
    loop_.settle();
    read();
    return closed_ || responsesIn(received_) >= count;
  })) << received_;
  return std::exchange(received_, {});
}

std::string Client::untilClosed() {
  EXPECT_TRUE(loop_.until([&] {
    loop_.settle();
    return isClosed();
  })) << received_;
  return std::exchange(received_, {});
}

bool Client::isClosed() {
  read();
  return closed_;
}

std::string Client::get(const std::string& target, const std::string& fields) {
  send("GET " + target + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n");
  return responses();
}

void Client::read() {
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t size = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) {
      closed_ = closed_ || size == 0 || errno != EAGAIN;
      return;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

std::size_t responsesIn(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0;; ++count) {
    const std::size_t end = text.find("\r\n\r\n", at);
    if (end == std::string::npos) return count;
    const std::size_t length = text.find("Content-Length: ", at);
    if (length == std::string::npos || length > end) return count;
    at = end + 4 + std::strtoul(text.c_str() + length + 16, nullptr, 10);
    if (at > text.size()) return count;
  }
}

std::string bodyOf(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

int statusOf(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::atoi(response.c_str() + 9) : 0;
}

}  // namespace multiconn::balancer::test
