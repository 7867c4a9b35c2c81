#pragma once

#include <string>

namespace multiconn::media {

/// How messages name an input: a quoted path, "standard input", or scheme and host of a URL, whose path,
/// query and credentials may be secret.
std::string displayName(const std::string& url);

bool isUrl(const std::string& url);
/// Of a protocol that delivers in its own time and cannot be told to wait.
bool isLiveUrl(const std::string& url);

}  // namespace multiconn::media
