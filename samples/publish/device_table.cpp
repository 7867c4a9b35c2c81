#include "publish/device_table.hpp"

#include <algorithm>
#include <ostream>
#include <string>

namespace publish {
namespace {

std::string inputOf(const multiconn::CaptureDevice& device) {
  return "capture:" + device.format + ':' + device.name;
}

std::string kindOf(const multiconn::CaptureDevice& device) {
  if (device.audio && device.video) return "both";
  return device.audio ? "sound" : "picture";
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

void printDevices(const std::vector<multiconn::CaptureDevice>& devices,
                  const std::vector<multiconn::CaptureFormat>& formats, std::ostream& out) {
  std::size_t width = 0;
  for (const auto& device : devices) width = std::max(width, inputOf(device).size());
  constexpr std::size_t kind_width = 7;
  for (const auto& device : devices)
    out << padded(inputOf(device), width) << "  " << padded(kindOf(device), kind_width) << "  "
        << device.description << '\n';
  out << "\nThis FFmpeg opens capture:FORMAT:NAME with the formats:\n";
  for (const auto& format : formats)
    out << "  " << padded(format.name, 12) << "  " << format.description << '\n';
}

}  // namespace publish
