#include "media/device_spec.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "media/device_formats.hpp"
#include "media/device_list.hpp"

namespace multiconn::media {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error(what + see_device_list);
}

// Where the second device begins; see CaptureSource::open().
std::size_t findSeparator(std::string_view text) {
  for (std::size_t plus = text.find('+'); plus != std::string_view::npos; plus = text.find('+', plus + 1)) {
    const std::string_view rest = text.substr(plus + 1);
    const bool escaped = plus > 0 && text[plus - 1] == '\\';
    if (!escaped && deviceFormat(rest.substr(0, rest.find(':'))) != nullptr) return plus;
  }
  return std::string_view::npos;
}

std::string firstListed(const std::string& format) {
  const std::vector<CaptureDevice> devices = devicesOf(format);
  return devices.empty() ? std::string() : devices.front().name;
}

std::string defaultName(const std::string& format) {
  if (format == "lavfi") refuse("capture:lavfi needs a graph, as in lavfi:testsrc2");
  if (format == "alsa" || format == "pulse") return "default";
  if (format == "x11grab") {
    const char* display = std::getenv("DISPLAY");
    if (display == nullptr) refuse("there is no screen to capture: DISPLAY is not set");
    return display;
  }
  const std::string name = firstListed(format);
  if (name.empty()) refuse("there is no device of the format " + format);
  return name;
}

DeviceSpec parseDevice(const std::string& text) {
  const std::size_t colon = text.find(':');
  const DeviceFormat* format = deviceFormat(text.substr(0, colon));
  if (format == nullptr)
    refuse("this FFmpeg has no capture format \"" + text.substr(0, colon) +
           "\"; a device is FORMAT:NAME, as in v4l2:/dev/video0");
  const std::string name = colon == std::string::npos ? "" : text.substr(colon + 1);
  return {format->name, name.empty() ? defaultName(format->name) : name};
}

DeviceSpec defaultCamera() {
  const std::string camera = firstListed("v4l2");
  if (camera.empty()) refuse("there is no camera here");
  return {"v4l2", camera};
}

// A sound server has the microphones, where there is one.
DeviceSpec defaultMicrophone() {
  if (!devicesOf("pulse").empty()) return {"pulse", "default"};
  const std::vector<CaptureDevice> devices = devicesOf("alsa");
  if (std::all_of(devices.begin(), devices.end(), [](const auto& each) { return each.name == "null"; }))
    refuse("there is no microphone here");
  return {"alsa", "default"};
}

}  // namespace

std::vector<DeviceSpec> parseDevices(const std::string& text) {
  if (text.empty()) return {defaultCamera(), defaultMicrophone()};
  const std::size_t separator = findSeparator(text);
  if (separator == std::string::npos) return {parseDevice(text)};
  const std::string second = text.substr(separator + 1);
  if (findSeparator(second) != std::string::npos)
    refuse("a capture has two devices at most, one for the picture and one for the sound");
  return {parseDevice(text.substr(0, separator)), parseDevice(second)};
}

std::string displayName(const DeviceSpec& spec) {
  const std::size_t url = spec.name.find("://");
  return spec.format + ':' + (url == std::string::npos ? spec.name : "****");
}

}  // namespace multiconn::media
