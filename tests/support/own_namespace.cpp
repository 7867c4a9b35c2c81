#include "support/own_namespace.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_folder.hpp"

namespace multiconn::test {
namespace {

constexpr const char* inside_marker = "MULTICONN_TEST_NAMESPACE";
constexpr int no_namespace = 77;

std::string currentTest() {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  return std::string(test->test_suite_name()) + "." + test->name();
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

/// Root of a user namespace of its own may make the others; user_namespaces(7) has the files.
bool becomeRoot() {
  const std::string user = std::to_string(::getuid()), group = std::to_string(::getgid());
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  write("/proc/self/setgroups", "deny");
  write("/proc/self/uid_map", "0 " + user + " 1");
  write("/proc/self/gid_map", "0 " + group + " 1");
  return true;
}

/// Mounts of the namespace shall not reach the machine. Only a mount point can be told so, and in a chroot
/// "/" is none: joining the namespace one is in (setns(2)) leads to its real root, from where the way back is
/// open.
bool keepMountsPrivate() {
  const int root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int own = ::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  return root >= 0 && own >= 0 && ::setns(own, CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && ::fchdir(root) == 0 &&
         ::chroot(".") == 0;
}

bool enterNamespaces() {
  constexpr int wanted = CLONE_NEWNET | CLONE_NEWNS;
  return (::unshare(wanted) == 0 || (becomeRoot() && ::unshare(wanted) == 0)) && keepMountsPrivate();
}

/// In a child, which has one thread, as unshare() of users and setns() ask for.
[[noreturn]] void runAgainInside(const std::string& program, const std::string& directory) {
  const std::string filter = "--gtest_filter=" + currentTest();
  if (!enterNamespaces()) {
    std::perror("namespaces");
    ::_exit(no_namespace);
  }
  if (::chdir(directory.c_str()) != 0) ::_exit(no_namespace);
  ::setenv(inside_marker, "1", 1);
  ::execl(program.c_str(), program.c_str(), filter.c_str(), nullptr);
  ::_exit(127);
}

void bringLoopbackUp() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::string("lo").copy(request.ifr_name, IFNAMSIZ);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  EXPECT_EQ(::ioctl(socket, SIOCSIFFLAGS, &request), 0) << std::strerror(errno);
  ::close(socket);
}

/// Puts a file of our own in the place of one of the system's. The directory it came from may go: the mount
/// keeps the file.
void replaceFile(const std::filesystem::path& place, const std::string& content) {
  std::error_code missing;
  const std::filesystem::path real = std::filesystem::canonical(place, missing);
  if (missing) return;  // what glibc takes for it is what we want
  const TemporaryFolder directory;
  const std::filesystem::path own = directory.path() / "file";
  write(own, content);
  EXPECT_EQ(::mount(own.c_str(), real.c_str(), nullptr, MS_BIND, nullptr), 0)
      << real << ": " << std::strerror(errno);
}

}  // namespace

bool inOwnNamespace() {
  if (std::getenv(inside_marker)) {
    bringLoopbackUp();
    return true;
  }
  const std::string program = std::filesystem::canonical("/proc/self/exe");
  const std::string directory = std::filesystem::current_path();
  const pid_t child = ::fork();
  if (child == 0) runAgainInside(program, directory);
  int status = 0;
  ::waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == no_namespace) {
    ADD_FAILURE()
        << "this test needs network and mount namespaces: run it as root (in a container with "
           "CAP_SYS_ADMIN and CAP_SYS_CHROOT), or as a user where user namespaces are allowed (sysctl "
           "kernel.unprivileged_userns_clone=1)";
  } else if (code != 0) {
    ADD_FAILURE() << "it ended with " << code << ", see the output above";
  }
  return false;
}

void hideDevices() {
  EXPECT_EQ(::mount("none", "/dev", "tmpfs", 0, nullptr), 0) << std::strerror(errno);
}

void nameHost(const char* name, const char* address) {
  constexpr const char* hosts = "/etc/hosts";
  ASSERT_TRUE(std::filesystem::exists(hosts));
  // Over a file whose directory has gone nothing can be mounted.
  static const bool ours = (replaceFile(hosts, {}), !testing::Test::HasFailure());
  if (ours) write(hosts, std::string(address) + ' ' + name + '\n');
}

MuteNameServer::MuteNameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
      << std::strerror(errno);
  replaceFile("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:2\n");
  replaceFile("/etc/nsswitch.conf", "hosts: files dns\n");
}

MuteNameServer::~MuteNameServer() {
  ::close(socket_);
}

bool MuteNameServer::waitAsked(std::chrono::milliseconds deadline) {
  pollfd entry{socket_, POLLIN, 0};
  if (::poll(&entry, 1, static_cast<int>(deadline.count())) != 1) return false;
  std::array<char, 512> question;
  while (::recv(socket_, question.data(), question.size(), 0) > 0) continue;
  return true;
}

}  // namespace multiconn::test
