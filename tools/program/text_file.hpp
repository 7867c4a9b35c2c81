#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace multiconn::tools {

/// The whole of a file, a pipe included. Throws std::runtime_error with one sentence that names it when it
/// cannot be read or has more than `max_bytes`.
std::string readTextFile(const std::filesystem::path& file, std::size_t max_bytes);

}  // namespace multiconn::tools
