#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace multiconn::test {

/// multiconn-origin as a process, whose output can be read. Killed at the end, if it runs still.
class Program {
 public:
  struct Limits {
    std::size_t file_size = 0;  ///< RLIMIT_FSIZE in bytes; 0: none
  };
  explicit Program(std::vector<std::string> arguments) : Program(std::move(arguments), Limits{}) {}
  Program(std::vector<std::string> arguments, Limits limits);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// The next line of its standard output.
  std::string line();
  /// Everything it says on standard error until it ends.
  std::string errors();
  /// The next line there.
  std::string error();
  void signal(int number) const;
  /// Waits for its end.
  int status();

 private:
  pid_t child_ = -1;
  FILE* out_ = nullptr;
  FILE* err_ = nullptr;
};

/// The port of its next line, "listening NAME ADDRESS:PORT"; 0: it said something else.
std::uint16_t portOf(Program& program, const std::string& name);

}  // namespace multiconn::test
