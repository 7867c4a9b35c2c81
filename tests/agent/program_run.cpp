#include "agent/program_run.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "agent/tcp_server.hpp"

namespace multiconn::test {
namespace {

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ProgramRun::ProgramRun(std::vector<std::string> argv, const std::string& folder,
                       std::vector<std::string> environment) {
  std::array<int, 2> out{}, err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) return;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const auto arguments = pointersTo(argv), variables = pointersTo(environment);
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    if (::chdir(folder.c_str()) == 0) ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_.reset(out[0]);
  err_.reset(err[0]);
}

ProgramRun::~ProgramRun() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  status();
}

std::string ProgramRun::line() {
  std::string text;
  for (char next = 0; ::read(out_.descriptor(), &next, 1) == 1 && next != '\n';) text += next;
  return text;
}

std::string ProgramRun::output() {
  return readAll(out_);
}

std::string ProgramRun::errors() {
  return readAll(err_);
}

void ProgramRun::signal(int number) const {
  ::kill(child_, number);
}

int ProgramRun::status() {
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
