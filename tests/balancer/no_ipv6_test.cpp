// A machine whose kernel has no IPv6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "balance/reports.hpp"
#include "balancer/balancer.hpp"
#include "support/loop.hpp"

namespace multiconn::balancer {
namespace {

/// socket(2) refuses the family from now on, in this process and for good (seccomp(2)).
bool forbidIpv6() {
  std::array<sock_filter, 6> code{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// In a process of its own.
[[noreturn]] void listenEverywhere() {
  if (!forbidIpv6()) std::perror("seccomp");
  net::test::Loop loop;
  BalancerOptions options;
  options.listen = options.udp = {{"", 0}};
  options.admin = tools::AdminListener{{"", 0}, "the token of this test", {}};
  options.keys = {balance::test::key_text};
  const Balancer balancer(loop.scheduler(), options, [](LogLevel, const std::string&) {});
  for (const std::string& line : balancer.listening()) std::fprintf(stderr, "%s|", line.c_str());
  std::_Exit(0);
}

TEST(WithoutIpv6, EveryListenerTakesAllOfIpv4) {
  EXPECT_EXIT(listenEverywhere(), testing::ExitedWithCode(0),
              "rtmp 0\\.0\\.0\\.0:[0-9]+\\|udp 0\\.0\\.0\\.0:[0-9]+\\|admin 0\\.0\\.0\\.0:[0-9]+\\|");
}

}  // namespace
}  // namespace multiconn::balancer
