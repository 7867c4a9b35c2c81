#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace multiconn::tools {

/// Keys, one a line, `#` begins a comment line; 1 to 16 of them, each of 8 to 256 printable bytes. `warn`
/// gets one sentence for a key that is shorter than 22 characters, with `multiconn-ctl keygen` in it; and
/// when the file may be read by others than its owner and group. Throws std::runtime_error with one sentence,
/// free of keys, that names file and line.
std::vector<std::string> readKeys(const std::filesystem::path& file,
                                  const std::function<void(const std::string&)>& warn);
/// The same rule for a key that stands elsewhere (a targets file, a <Property>); `place` names it.
void checkKey(const std::string& key, const std::string& place,
              const std::function<void(const std::string&)>& warn);

/// The first line of a token file, of at least 16 bytes. `warn`, where given, gets one sentence when the file
/// may be read by others. Throws like readKeys().
std::string readToken(const std::filesystem::path& file,
                      const std::function<void(const std::string&)>& warn = {});

/// Says whether they are equal in a time that does not depend on where they differ.
bool equalInConstantTime(const std::string& left, const std::string& right);

}  // namespace multiconn::tools
