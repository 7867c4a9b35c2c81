#include "balancer/report_port.hpp"

#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "support/loop.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::balancer {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t edges = 5000;
// As long as a report with two addresses.
const rtmp::Bytes datagram(300, std::byte{7});

/// A port on which nobody reads until the loop is run.
struct TestPort {
  explicit TestPort(int room = ReportPort::wanted_room)
      : port(
            loop.scheduler(), *net::Address::numeric("127.0.0.1", 0),
            [this](rtmp::BytesView, const std::string&) { ++received; }, room) {}

  void sendAll() const {
    const net::Address to = port.address();
    const net::Socket sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (std::uint64_t i = 0; i < edges; ++i) {
      ASSERT_EQ(::sendto(sender.descriptor(), datagram.data(), datagram.size(), 0, to.data(), to.size()),
                300);
    }
  }
  std::uint64_t known() const { return received + port.dropped(); }

  net::test::Loop loop;
  std::uint64_t received = 0;
  ReportPort port;
};

/// Whether this process has the right to exceed the system's limits: root has it, but not in every container.
bool mayExceedLimits() {
  const net::Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int bytes = 16 * 1024;
  return ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0;
}

/// This thread without that right.
class WithoutNetAdmin {
 public:
  WithoutNetAdmin() {
    ::syscall(SYS_capget, &header_, data_);
    __user_cap_data_struct fewer[2] = {data_[0], data_[1]};
    fewer[0].effective &= ~(1u << CAP_NET_ADMIN);
    EXPECT_EQ(::syscall(SYS_capset, &header_, fewer), 0);
  }
  ~WithoutNetAdmin() { EXPECT_EQ(::syscall(SYS_capset, &header_, data_), 0); }
  WithoutNetAdmin(const WithoutNetAdmin&) = delete;
  WithoutNetAdmin& operator=(const WithoutNetAdmin&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data_[2]{};
};

TEST(ReportPort, TakesThousandsAtOnceOrSaysHowManyWereLost) {
  TestPort test;
  test.sendAll();
  if (test.port.complaint().empty()) {
    EXPECT_EQ(test.port.dropped(), 0u);
  }
  EXPECT_TRUE(test.loop.until([&] { return test.known() == edges; })) << test.received;
}

TEST(ReportPort, CountsWhatHadNoRoom) {
  TestPort test(64 * 1024);
  test.sendAll();
  EXPECT_GT(test.port.dropped(), 0u);
  EXPECT_TRUE(test.loop.until([&] { return test.known() == edges; })) << test.received;
  const std::uint64_t before = test.port.dropped();
  EXPECT_GT(test.received, 0u);
  test.sendAll();
  EXPECT_GT(test.port.dropped(), before);
  EXPECT_TRUE(test.loop.until([&] { return test.known() == 2 * edges; })) << test.received;
}

TEST(ReportPort, NamesTheLimitThatLeavesItLittleRoom) {
  const WithoutNetAdmin without;
  const std::string limit = multiconn::test::textOf("/proc/sys/net/core/rmem_max");
  const TestPort test(std::numeric_limits<int>::max());
  EXPECT_THAT(test.port.complaint(),
              HasSubstr("net.core.rmem_max is " + limit.substr(0, limit.find('\n')) + ":"));
  EXPECT_EQ(TestPort(16 * 1024).port.complaint(), "");
}

TEST(ReportPort, ExceedsTheLimitWhereItMayAndElseSaysSo) {
  const std::int64_t limit = std::stoll(multiconn::test::textOf("/proc/sys/net/core/rmem_max"));
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  const std::int64_t wanted = std::min(limit + 4096, most);
  // The kernel notes twice what was set, in an int.
  const bool possible = mayExceedLimits() && wanted <= most / 2;
  EXPECT_EQ(TestPort(static_cast<int>(wanted)).port.complaint().empty(), possible);
}

}  // namespace
}  // namespace multiconn::balancer
