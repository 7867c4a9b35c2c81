// A resolver that hangs, in a network namespace of its own: the test runs itself again under unshare(1) with
// a /etc/resolv.conf that names a server which never answers.
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "net/loop.hpp"
#include "net/readiness.hpp"
#include "net/rtmp_answerer.hpp"
#include "net/sockets.hpp"
#include "support/certificates.hpp"

namespace multiconn::net::test {
namespace {

constexpr const char* inside_marker = "MULTICONN_MUTE_DNS_NAMESPACE";

void bringLoopbackUp() {
  const Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::string("lo").copy(request.ifr_name, IFNAMSIZ);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ASSERT_EQ(::ioctl(socket.descriptor(), SIOCSIFFLAGS, &request), 0);
}

/// Puts a file of our own in the place of one of the system's, within this mount namespace.
void replaceFile(const std::filesystem::path& place, const std::filesystem::path& own,
                 const std::string& content) {
  std::ofstream(own) << content;
  std::error_code missing;
  const std::filesystem::path real = std::filesystem::canonical(place, missing);
  if (missing) return;  // glibc's defaults are these very contents
  ASSERT_EQ(::mount(own.c_str(), real.c_str(), nullptr, MS_BIND, nullptr), 0) << real;
}

Socket muteDnsServer() {
  Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const Address address = *Address::numeric("127.0.0.1", 53);
  EXPECT_EQ(::bind(socket.descriptor(), address.data(), address.size()), 0);
  return socket;
}

void testInsideTheNamespace() {
  bringLoopbackUp();
  const multiconn::test::TemporaryDirectory directory;
  replaceFile("/etc/resolv.conf", directory.path() / "resolv.conf",
              "nameserver 127.0.0.1\noptions timeout:30 attempts:2\n");
  replaceFile("/etc/nsswitch.conf", directory.path() / "nsswitch.conf", "hosts: files dns\n");

  const auto begin = std::chrono::steady_clock::now();
  {
    Loop loop;
    Readiness dns(loop.scheduler(), muteDnsServer());
    bool asked = false;
    dns.waitReadable([&] { asked = true; });
    RtmpAnswerer server(loop.scheduler());
    LinkRecorder named_events, numeric_events;
    const auto named = makeLink(loop.scheduler(), target("rtmp", "edge9.example", server.port()));
    const auto numeric = makeLink(loop.scheduler(), target("rtmp", "127.0.0.1", server.port()));
    named->open(openingMessages(), named_events);
    numeric->open(openingMessages(), numeric_events);
    EXPECT_TRUE(loop.until([&] { return asked && numeric_events.opens == 1; }, std::chrono::seconds(10)));
    EXPECT_FALSE(named_events.ended());
  }
  // The resolver would hang for a minute.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

int runInsideANamespace(bool as_user) {
  const std::string program = std::filesystem::canonical("/proc/self/exe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(inside_marker, "1", 1);
    const char* flags = as_user ? "-rnm" : "-nm";
    ::execlp("unshare", "unshare", flags, program.c_str(), "--gtest_filter=MuteDns.*", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool namespacesWork(bool as_user) {
  return std::system(as_user ? "unshare -rnm true 2>/dev/null" : "unshare -nm true 2>/dev/null") == 0;
}

TEST(MuteDns, DelaysNeitherAnotherDestinationNorTheEnd) {
  if (std::getenv(inside_marker)) return testInsideTheNamespace();
  const bool as_root = namespacesWork(false);
  ASSERT_TRUE(as_root || namespacesWork(true))
      << "needs network and mount namespaces: run as root (CAP_SYS_ADMIN), or allow user namespaces "
         "(sysctl kernel.unprivileged_userns_clone=1), with unshare(1) of util-linux installed";
  EXPECT_EQ(runInsideANamespace(!as_root), 0) << "see the output above";
}

}  // namespace
}  // namespace multiconn::net::test
