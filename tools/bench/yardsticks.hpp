#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "process.hpp"
#include "scratch/temporary_folder.hpp"

namespace multiconn::bench {

/// A server of somebody else's beside which ours is measured.
struct Yardstick {
  std::unique_ptr<Process> process;
  std::uint16_t port = 0;
};

/// Where Debian keeps a program, or PATH has it; "" when it is not installed.
std::string findProgram(const std::string& name);

/// A port of 127.0.0.1 that nobody listens on now.
std::uint16_t freePort();

/// Starts a server and waits until it takes connections at `port`. Throws std::runtime_error when it does not
/// within 10 s.
Yardstick startYardstick(const std::string& executable, const std::vector<std::string>& arguments,
                         std::uint16_t port, int cpu);

/// nginx with one worker that answers every request with this body and writes no log. Nothing when there is
/// no nginx. Throws std::runtime_error when it does not start.
std::optional<Yardstick> startNginx(const scratch::TemporaryFolder& folder, const std::string& body, int cpu);

/// HAProxy with one thread that passes TCP connections on to a port of 127.0.0.1.
std::optional<Yardstick> startHaproxy(const scratch::TemporaryFolder& folder, std::uint16_t to, int cpu);

}  // namespace multiconn::bench
