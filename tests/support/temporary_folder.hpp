#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "scratch/temporary_folder.hpp"

namespace multiconn::test {

/// All that is in a file; "" when there is none.
inline std::string textOf(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

/// A folder of the test's own, gone with it.
class TemporaryFolder : public scratch::TemporaryFolder {
 public:
  /// The file is readable by its owner alone; folders on the way to it are made.
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    using std::filesystem::perms;
    const std::filesystem::path target = path() / name;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target, std::ios::binary) << text;
    std::filesystem::permissions(target, perms::owner_read | perms::owner_write);
    return target;
  }
  std::string read(const std::string& name) const { return textOf(path() / name); }
};

}  // namespace multiconn::test
