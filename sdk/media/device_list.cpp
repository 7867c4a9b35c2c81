#include "media/device_list.hpp"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <algorithm>
#include <iterator>
#include <utility>

#include "media/device_formats.hpp"
#include "media/device_quiet.hpp"

namespace multiconn {
namespace media {
namespace {

std::string textOf(const char* text) {
  return text != nullptr ? text : "";
}

bool delivers(const AVDeviceInfo& device, AVMediaType type, bool otherwise) {
  if (device.nb_media_types <= 0) return otherwise;
  const AVMediaType* types = device.media_types;
  return std::find(types, types + device.nb_media_types, type) != types + device.nb_media_types;
}

// They cannot be listed: any graph of filters is one.
std::vector<CaptureDevice> examplesOfLavfi() {
  return {{"lavfi", "testsrc2=size=1280x720:rate=30", "test picture", false, true},
          {"lavfi", "sine=frequency=440:sample_rate=48000", "test tone", true, false}};
}

}  // namespace

std::vector<CaptureDevice> devicesOf(const std::string& name) {
  const DeviceFormat* format = deviceFormat(name);
  if (format == nullptr) return {};
  if (format->name == "lavfi") return examplesOfLavfi();
  quietDevices();
  AVDeviceInfoList* list = nullptr;
  std::vector<CaptureDevice> devices;
  if (avdevice_list_input_sources(format->format, nullptr, nullptr, &list) >= 0 && list != nullptr) {
    for (int i = 0; i < list->nb_devices; ++i) {
      const AVDeviceInfo& device = *list->devices[i];
      CaptureDevice found{format->name, textOf(device.device_name), textOf(device.device_description),
                          delivers(device, AVMEDIA_TYPE_AUDIO, format->audio),
                          delivers(device, AVMEDIA_TYPE_VIDEO, format->video)};
      devices.insert(i == list->default_device ? devices.begin() : devices.end(), std::move(found));
    }
  }
  avdevice_free_list_devices(&list);
  return devices;
}

}  // namespace media

std::vector<CaptureFormat> captureFormats() {
  std::vector<CaptureFormat> formats;
  for (const media::DeviceFormat& each : media::deviceFormats())
    formats.push_back({each.name, media::textOf(each.format->long_name)});
  return formats;
}

std::vector<CaptureDevice> captureDevices() {
  std::vector<CaptureDevice> all;
  for (const media::DeviceFormat& each : media::deviceFormats()) {
    std::vector<CaptureDevice> devices = media::devicesOf(each.name);
    std::move(devices.begin(), devices.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace multiconn
