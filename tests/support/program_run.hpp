#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "net/socket.hpp"

namespace multiconn::test {

/// A program as a process of its own, whose output can be read. Killed at the end, if it runs still.
class ProgramRun {
 public:
  /// `folder`: where it runs; `environment`: "NAME=value", beside the test's own; `file_size`: of the largest
  /// file that it may write (RLIMIT_FSIZE), in bytes, 0: as large as the test may. Throws std::system_error
  /// where no process can be made.
  explicit ProgramRun(std::vector<std::string> argv, const std::string& folder = ".",
                      std::vector<std::string> environment = {}, std::size_t file_size = 0);
  ~ProgramRun();
  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;

  /// The next line of its standard output, without its end; empty once there are no more.
  std::string line();
  /// As line(), of its standard error.
  std::string error();
  /// All the rest of its standard output, and of its standard error, until it ends.
  std::string output();
  std::string errors();
  void signal(int number) const;
  /// Waits for its end. -1: a signal ended it.
  int status();

 private:
  pid_t child_ = -1;
  net::Socket out_, err_;  // pipes
};

/// The port at the end of a line "listening WHAT ADDRESS:PORT" that is `what`; 0: it is another.
std::uint16_t listeningPort(const std::string& line, const std::string& what);

}  // namespace multiconn::test
