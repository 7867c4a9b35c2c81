#pragma once

#include <functional>
#include <string>

namespace multiconn::balancer {

enum class LogLevel : unsigned char { debug, info, warning, error };

/// One line, free of keys and tokens. Called on the strand.
using Log = std::function<void(LogLevel, const std::string&)>;

}  // namespace multiconn::balancer
