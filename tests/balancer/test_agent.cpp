#include "balancer/test_agent.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

namespace multiconn::balancer::test {

TestAgent::TestAgent(unsigned number, const std::string& key, std::uint64_t boot_counter)
    : report(balance::test::reportAt({})),
      socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      sealer_(balance::SharedKey(key), balance::test::guidOf(number), balance::test::bootOf(boot_counter)) {
  report.addresses = {{"rtmp", "10.0.0." + std::to_string(number), 0, ""}};
}

rtmp::Bytes TestAgent::seal() {
  report.sent = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return sealer_.seal(balance::encode(report), ++seq_);
}

void TestAgent::sendTo(const net::Address& port, rtmp::BytesView datagram) const {
  EXPECT_EQ(::sendto(socket_.descriptor(), datagram.data(), datagram.size(), 0, port.data(), port.size()),
            static_cast<ssize_t>(datagram.size()));
}

bool TestAgent::wasAnswered() const {
  std::byte first{};
  return ::recv(socket_.descriptor(), &first, sizeof first, MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

}  // namespace multiconn::balancer::test
