#include "agent/balancer_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>

namespace multiconn::test {

BalancerSocket::BalancerSocket(const std::string& key)
    : key_(key), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const auto any_port = *net::Address::numeric("127.0.0.1", 0);
  ::bind(socket_.descriptor(), any_port.data(), any_port.size());
  thread_ = std::thread([this] { receive(); });
}

BalancerSocket::~BalancerSocket() {
  end_.raise();
  thread_.join();
}

std::uint16_t BalancerSocket::port() const {
  return net::Address::ofSocket(socket_.descriptor()).port();
}

std::string BalancerSocket::targetLine() const {
  return "127.0.0.1," + std::to_string(port()) + "," + key_ + "\n";
}

void BalancerSocket::receive() {
  balance::Opener opener({{balance::SharedKey(key_)}});
  std::array<std::byte, 2048> buffer{};
  const auto never = std::chrono::steady_clock::now() + std::chrono::hours(1);
  while (tools::waitFor(socket_.descriptor(), POLLIN, never, &end_) == tools::Waited::ready) {
    const auto size = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
    if (size < 0) continue;
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    auto opened = opener.open(rtmp::BytesView(buffer).first(static_cast<std::size_t>(size)), now);
    if (auto* const report = std::get_if<balance::OpenedReport>(&opened)) {
      reports.put(std::move(*report));
    } else {
      refused.put(std::get<balance::RefusedReport>(opened));
    }
  }
}

}  // namespace multiconn::test
