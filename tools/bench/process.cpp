#include "process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>

namespace multiconn::bench {
namespace {

constexpr const char* this_executable = "/proc/self/exe";

[[noreturn]] void runChild(const std::string& executable, const std::vector<std::string>& arguments, int cpu,
                           int input, int output) {
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  pinToProcessor(cpu);
  std::vector<std::string> copies = arguments;
  copies.insert(copies.begin(), executable == this_executable ? "multiconn-bench" : executable);
  std::vector<char*> argv;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(executable.c_str(), argv.data());
  _exit(127);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

double cpuSecondsSoFar() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void pinToProcessor(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  sched_setaffinity(0, sizeof set, &set);  // a machine with one processor measures on that one
}

Process::Process(const std::vector<std::string>& arguments, int cpu)
    : Process(this_executable, arguments, cpu) {}

Process::Process(const std::string& executable, const std::vector<std::string>& arguments, int cpu) {
  int to_child[2], from_child[2];
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0)
    throw std::system_error(errno, std::system_category(), "pipe");
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::system_category(), "fork");
  if (pid_ == 0) runChild(executable, arguments, cpu, to_child[0], from_child[1]);
  ::close(to_child[0]);
  ::close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
}

Process::~Process() {
  closeInput();
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (output_ >= 0) ::close(output_);
}

std::string Process::line() {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string found = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return found;
    }
    char chunk[4096];
    const ssize_t count = read(output_, chunk, sizeof chunk);
    if (count <= 0) throw std::runtime_error("a measuring process ended before it answered");
    buffer_.append(chunk, static_cast<std::size_t>(count));
  }
}

void Process::tell(const std::string& line) {
  const std::string text = line + '\n';
  // Shorter than what a pipe takes at once, unless the child is gone: then line() throws.
  static_cast<void>(!write(input_, text.data(), text.size()));
}

double Process::cpuSeconds() const {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void Process::closeInput() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

Usage Process::finish() {
  closeInput();
  char chunk[4096];
  for (ssize_t count; (count = read(output_, chunk, sizeof chunk)) > 0;)
    buffer_.append(chunk, static_cast<std::size_t>(count));
  rusage accounted{};
  int status = 0;
  while (wait4(pid_, &status, 0, &accounted) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  Usage usage;
  usage.cpu_seconds = seconds(accounted.ru_utime) + seconds(accounted.ru_stime);
  usage.peak_rss_bytes = static_cast<std::uint64_t>(accounted.ru_maxrss) * 1024;
  usage.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  usage.output = std::move(buffer_);
  return usage;
}

}  // namespace multiconn::bench
