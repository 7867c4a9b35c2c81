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
/// At most 255 targets. A file with errors is not to be used.
TargetFile parseTargets(std::string_view text);

}  // namespace multiconn::balance
