#include "support/program_run.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

namespace multiconn::test {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "pipe2");
    from.reset(ends[0]);
    to.reset(ends[1]);
  }
  net::Socket from, to;
};

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// What comes before `end`, or else all.
std::string readText(const net::Socket& pipe, std::optional<char> end = {}) {
  std::string text;
  for (char next = 0; ::read(pipe.descriptor(), &next, 1) == 1 && next != end;) text += next;
  return text;
}

}  // namespace

ProgramRun::ProgramRun(std::vector<std::string> argv, const std::string& folder,
                       std::vector<std::string> environment, std::size_t file_size) {
  Pipe out, err;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const auto arguments = pointersTo(argv), variables = pointersTo(environment);
  const rlimit largest{file_size, file_size};
  child_ = ::fork();
  if (child_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child_ == 0) {
    ::dup2(out.to.descriptor(), STDOUT_FILENO);
    ::dup2(err.to.descriptor(), STDERR_FILENO);
    const bool limited = file_size == 0 || ::setrlimit(RLIMIT_FSIZE, &largest) == 0;
    if (limited && ::chdir(folder.c_str()) == 0) ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  out_ = std::move(out.from);
  err_ = std::move(err.from);
}

ProgramRun::~ProgramRun() {
  signal(SIGKILL);
  status();
}

std::string ProgramRun::line() {
  return readText(out_, '\n');
}

std::string ProgramRun::error() {
  return readText(err_, '\n');
}

std::string ProgramRun::output() {
  return readText(out_);
}

std::string ProgramRun::errors() {
  return readText(err_);
}

// To kill(2) and waitpid(2), -1 is every process.
void ProgramRun::signal(int number) const {
  if (child_ > 0) ::kill(child_, number);
}

int ProgramRun::status() {
  if (child_ <= 0) return -1;
  int status = 0;
  ::waitpid(std::exchange(child_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::uint16_t listeningPort(const std::string& line, const std::string& what) {
  const std::size_t colon = line.rfind(':');
  if (line.rfind("listening " + what + " ", 0) != 0 || colon == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::atoi(line.c_str() + colon + 1));
}

}  // namespace multiconn::test
