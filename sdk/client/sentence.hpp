#pragma once

#include <string>

namespace multiconn::client {

/// "connection refused by host" as a sentence: "Connection refused by host." A URL keeps its first letter. An
/// empty text stays empty.
std::string sentence(std::string text);

}  // namespace multiconn::client
