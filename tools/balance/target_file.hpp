#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace multiconn::balance {

/// A balancer that reports go to.
struct Target {
  std::string host;  ///< name or numeric address, IPv6 with or without brackets in the file, here without
  std::uint16_t port = 1934;
  std::string key;
  bool operator==(const Target&) const = default;
};

struct TargetFileError {
  std::size_t line;  ///< from 1
  std::string text;  ///< one sentence, free of keys
};

struct TargetFile {
  std::vector<Target> targets;
  std::vector<TargetFileError> errors;
};

/// Lines `address,port,key`; `#` begins a comment line, blank lines and spaces around fields are passed over.
/// 1 to 255 targets; the key is all that follows the second comma. A file with errors is not to be used.
TargetFile parseTargets(std::string_view text);

constexpr std::size_t min_key_bytes = 8, max_key_bytes = 256;
/// A key that both sides take: 8 to 256 printable ASCII characters.
constexpr bool isKey(std::string_view text) {
  if (text.size() < min_key_bytes || text.size() > max_key_bytes) return false;
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace multiconn::balance
