#include "agent/monitors/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

extern char** environ;

namespace multiconn::agent {
namespace {

using tools::Deadline;
using tools::Descriptor;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::system_error(errno, std::system_category(), "cannot make a pipe");
    read.reset(ends[0]);
    write.reset(ends[1]);
    // Not the child's end: hardly a program is ready for that.
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  Descriptor read, write;
};

/// What posix_spawn() is told: own group, no signals blocked or ignored, output into the pipes.
class Setup {
 public:
  Setup(const Pipe& out, const Pipe& err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out.write.descriptor(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err.write.descriptor(), STDERR_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, usual;
    ::sigemptyset(&none);
    ::sigfillset(&usual);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &usual);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Setup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  pid_t spawn(const std::vector<std::string>& argv) const {
    std::vector<char*> pointers;
    for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, pointers[0], &actions_, &attributes_, pointers.data(), environ);
    if (error != 0)
      throw std::runtime_error("cannot run " + argv.front() + ": " + std::system_category().message(error));
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// A child and its group, gone when this is.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Child() {
    // Also after its own end: it may have left others behind.
    ::kill(-pid_, SIGKILL);
    if (!reaped_) reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int descriptor() const { return descriptor_.descriptor(); }
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return status;
  }

 private:
  pid_t pid_;
  Descriptor descriptor_;  // a pidfd
  bool reaped_ = false;
};

enum class Drained { more, ended };

/// Whatever is there; beyond `limit` it is read and dropped.
Drained drain(int descriptor, std::string& text, std::size_t limit) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count == 0) return Drained::ended;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Drained::more;
    if (text.size() <= limit) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

[[noreturn]] void fail(const std::vector<std::string>& argv, const std::string& what) {
  throw std::runtime_error(argv.front() + " " + what);
}

}  // namespace

CommandResult runCommand(const std::vector<std::string>& argv, std::chrono::milliseconds timeout,
                         const tools::Interrupt& interrupt) {
  Pipe out, err;
  Child child(Setup(out, err).spawn(argv));
  out.write.reset();
  err.write.reset();
  const Deadline deadline = std::chrono::steady_clock::now() + timeout;
  CommandResult result;
  // Its stderr may stay open in the hands of its own children: stdout's end and its own decide.
  for (;;) {
    const auto waited = tools::waitFor(out.read.descriptor(), POLLIN, deadline, &interrupt);
    if (waited == tools::Waited::late)
      fail(argv, "did not end within " + std::to_string(timeout.count()) + " ms");
    if (waited == tools::Waited::interrupted) fail(argv, "was stopped");
    const Drained drained = drain(out.read.descriptor(), result.output, max_output);
    drain(err.read.descriptor(), result.errors, max_errors);
    if (result.output.size() > max_output) fail(argv, "prints too much");
    if (drained == Drained::ended) break;
  }
  if (tools::waitFor(child.descriptor(), POLLIN, deadline, &interrupt) != tools::Waited::ready)
    fail(argv, "did not end within " + std::to_string(timeout.count()) + " ms");
  const int status = child.reap();
  drain(err.read.descriptor(), result.errors, max_errors);
  result.errors.resize(std::min(result.errors.size(), max_errors));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string first = result.errors.substr(0, result.errors.find('\n'));
    fail(argv, "failed" + (first.empty() ? "" : ": " + first));
  }
  return result;
}

}  // namespace multiconn::agent
