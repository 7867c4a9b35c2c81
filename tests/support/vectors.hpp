#pragma once

#include <filesystem>
#include <string>

#include "support/temporary_folder.hpp"

namespace multiconn::test {

/// tests/vectors/monitors/NAME
inline std::string monitorVector(const std::string& name) {
  return textOf(std::filesystem::path(MULTICONN_VECTORS) / "monitors" / name);
}

/// tests/vectors/wowza/NAME.xml
inline std::string wowzaVector(const std::string& name) {
  return textOf(std::filesystem::path(MULTICONN_VECTORS) / "wowza" / (name + ".xml"));
}

}  // namespace multiconn::test
