#pragma once

#include <map>
#include <string>

namespace multiconn::tools {

/// User names and passwords from lines of user:password; empty lines and those that begin with # are left
/// out. Throws std::runtime_error with one sentence, which names the line and no secret.
std::map<std::string, std::string> readPublishers(const std::string& file);

}  // namespace multiconn::tools
