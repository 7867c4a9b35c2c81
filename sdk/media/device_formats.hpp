#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

struct DeviceFormat {
  const AVInputFormat* format = nullptr;
  std::string name;  ///< the one of its names that is used on command lines
  bool audio = false;
  bool video = false;
};

/// All that this libavdevice has, each once.
const std::vector<DeviceFormat>& deviceFormats();
/// By any of its names; null: there is none.
const DeviceFormat* deviceFormat(std::string_view name);

}  // namespace multiconn::media
