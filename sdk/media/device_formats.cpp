#include "media/device_formats.hpp"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <algorithm>

namespace multiconn::media {
namespace {

// "video4linux2,v4l2": the last is the short one.
std::string shortName(const AVInputFormat& format) {
  const std::string_view names(format.name);
  return std::string(names.substr(names.rfind(',') + 1));
}

bool isNamed(const AVInputFormat& format, std::string_view name) {
  const std::string names = std::string(",") + format.name + ',';
  return !name.empty() && name.find(',') == std::string_view::npos &&
         names.find(',' + std::string(name) + ',') != std::string::npos;
}

std::vector<DeviceFormat> findFormats() {
  avdevice_register_all();
  std::vector<DeviceFormat> formats;
  const auto add = [&](const AVInputFormat* format, bool DeviceFormat::*kind) {
    auto known = std::find_if(formats.begin(), formats.end(),
                              [&](const DeviceFormat& each) { return each.format == format; });
    if (known == formats.end()) known = formats.insert(known, {format, shortName(*format)});
    *known.*kind = true;
  };
  const AVInputFormat* format = nullptr;
  while ((format = av_input_video_device_next(format)) != nullptr) add(format, &DeviceFormat::video);
  while ((format = av_input_audio_device_next(format)) != nullptr) add(format, &DeviceFormat::audio);
  return formats;
}

}  // namespace

const std::vector<DeviceFormat>& deviceFormats() {
  // Never destroyed: a device that blocks may leave its thread here while the program ends.
  static const auto& formats = *new std::vector<DeviceFormat>(findFormats());
  return formats;
}

const DeviceFormat* deviceFormat(std::string_view name) {
  const auto& formats = deviceFormats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const DeviceFormat& each) { return isNamed(*each.format, name); });
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace multiconn::media
