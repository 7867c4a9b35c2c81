#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace publish {

// What the options' values look like. All throw std::invalid_argument, with a sentence that names the option
// and does not repeat what was typed: it may be a misplaced stream key.

/// "90", "90s", "1500ms", "2m", "1h".
std::chrono::milliseconds parseTime(const std::string& text, const char* option);
/// Also "0", "0s".
std::chrono::milliseconds parseTimeOrZero(const std::string& text, const char* option);
/// "800000", "800k", "2.5M": bit/s.
std::int64_t parseBitrate(const std::string& text, const char* option);
/// "1048576", "1024k", "1M": bytes, in steps of 1024.
std::size_t parseBytes(const std::string& text, const char* option);
/// "640x360".
struct Size {
  int width = 0;
  int height = 0;
};
Size parseSize(const std::string& text, const char* option);
/// "30", "29.97", "30000/1001".
double parseRate(const std::string& text, const char* option);

}  // namespace publish
