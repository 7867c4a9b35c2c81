#include "origin/program.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace multiconn::test {
namespace {

std::string lineOf(FILE* file) {
  std::array<char, 4096> text{};
  return std::fgets(text.data(), text.size(), file) != nullptr ? text.data() : "";
}

}  // namespace

Program::Program(std::vector<std::string> arguments, Limits limits) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return;
  arguments.insert(arguments.begin(), MULTICONN_ORIGIN);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    const rlimit file_size{limits.file_size, limits.file_size};
    if (limits.file_size > 0) ::setrlimit(RLIMIT_FSIZE, &file_size);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = ::fdopen(out[0], "r");
  err_ = ::fdopen(err[0], "r");
}

Program::~Program() {
  if (child_ > 0) ::kill(child_, SIGKILL), status();
  std::fclose(out_);
  std::fclose(err_);
}

std::string Program::line() {
  return lineOf(out_);
}

std::string Program::errors() {
  std::string all;
  for (std::string line = error(); !line.empty(); line = error()) all += line;
  return all;
}

std::string Program::error() {
  return lineOf(err_);
}

void Program::signal(int number) const {
  ::kill(child_, number);
}

int Program::status() {
  int status = 0;
  ::waitpid(std::exchange(child_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::uint16_t portOf(Program& program, const std::string& name) {
  const std::string line = program.line();
  if (!line.starts_with("listening " + name + " ")) return 0;
  return static_cast<std::uint16_t>(std::strtoul(line.c_str() + line.rfind(':') + 1, nullptr, 10));
}

}  // namespace multiconn::test
