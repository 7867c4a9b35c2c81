#pragma once

#include <string>
#include <vector>

namespace multiconn::media {

/// One device as CaptureSource::open() is given it.
struct DeviceSpec {
  std::string format;  ///< one that this libavdevice has
  std::string name;    ///< never empty

  bool operator==(const DeviceSpec&) const = default;
};

/// One or two. Throws std::runtime_error with one sentence.
std::vector<DeviceSpec> parseDevices(const std::string& text);

/// How messages name it. A graph may have a URL with secrets in it, and is cut there.
std::string displayName(const DeviceSpec& spec);

}  // namespace multiconn::media
