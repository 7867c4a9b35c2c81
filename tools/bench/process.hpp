#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace multiconn::bench {

/// What the kernel accounted to one finished child.
struct Usage {
  double cpu_seconds = 0;  ///< user and system
  std::uint64_t peak_rss_bytes = 0;
  int exit_code = 0;
  std::string output;  ///< all it printed after the lines that were read
};

/// User and system time that this process has used so far.
double cpuSecondsSoFar();

/// Lets this process, and what it starts from now on, run on one processor when it is >= 0 and exists.
void pinToProcessor(int cpu);

/// A child process of this program, mostly another subcommand of the same executable, so that its CPU time
/// and memory are its own. Killed when destroyed unfinished.
class Process {
 public:
  /// Runs this executable with `arguments`, on processor `cpu` when it is >= 0 and exists.
  Process(const std::vector<std::string>& arguments, int cpu);
  /// The same of another executable.
  Process(const std::string& executable, const std::vector<std::string>& arguments, int cpu);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  /// The next line of its standard output; throws std::runtime_error when it ends first.
  std::string line();
  /// Puts a line into its standard input.
  void tell(const std::string& line);
  /// User and system time that it has used so far.
  double cpuSeconds() const;
  /// Closes its standard input, which asks a helper to finish.
  void closeInput();
  /// Waits for its end.
  Usage finish();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace multiconn::bench
