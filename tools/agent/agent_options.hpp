#pragma once

#include <vector>

#include <multiconn/agent.hpp>

#include "agent/reporter.hpp"
#include "balance/target_file.hpp"

namespace multiconn::agent {

/// What is to be reported, from options that were found to make sense. Throws std::runtime_error with one
/// sentence, free of keys.
ReporterOptions reporterOptions(const AgentOptions& options);
/// From the file or the list, whichever is given.
std::vector<balance::Target> targetsOf(const AgentOptions& options);

}  // namespace multiconn::agent
