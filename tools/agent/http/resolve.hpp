#pragma once

#include <string>
#include <vector>

#include "agent/http/waiting.hpp"

namespace multiconn::tools {

/// The addresses of a name, asked on a thread of its own, which is left to itself when the system's resolver
/// hangs. Throws std::runtime_error with one sentence.
std::vector<net::Address> resolve(const std::string& host, std::uint16_t port, Deadline deadline,
                                  const Interrupt* interrupt);

}  // namespace multiconn::tools
