#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "agent/http/waiting.hpp"

namespace multiconn::agent {

struct CommandResult {
  std::string output;  ///< of stdout; at most max_output bytes
  std::string errors;  ///< the beginning of stderr
};

/// Runs a program to its end, without a shell, in a process group of its own, which is killed whole when the
/// time is up, when it is interrupted, or when more comes than is to be read. Throws std::runtime_error with
/// one sentence then, and when it cannot be started or does not exit with 0.
CommandResult runCommand(const std::vector<std::string>& argv, std::chrono::milliseconds timeout,
                         const tools::Interrupt& interrupt);

constexpr std::size_t max_output = 64 * 1024;
constexpr std::size_t max_errors = 1024;

}  // namespace multiconn::agent
