#include "origin/recording_path.hpp"

#include <algorithm>
#include <string>

namespace multiconn::origin {
namespace {

// NAME_MAX is 255 on common file systems; ".flv.part" has to fit behind the name.
constexpr std::size_t max_part = 200;

bool fitForFileName(std::string_view part) {
  if (part.empty() || part.size() > max_part || part.front() == '.') return false;
  return std::none_of(part.begin(), part.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F || c == '/' || c == '\\';
  });
}

// As a folder it would take the name of a recording, of one that is being written or of one that broke off.
bool namesRecording(std::string_view part) {
  return part.ends_with(".flv") || part.ends_with(".flv.part");
}

}  // namespace

std::optional<std::filesystem::path> recordingPath(const std::filesystem::path& data_dir,
                                                   std::string_view app, std::string_view name) {
  if (data_dir.empty() || !fitForFileName(name)) return {};
  std::filesystem::path path = data_dir;
  for (std::size_t begin = 0; begin <= app.size();) {
    const std::size_t end = std::min(app.find('/', begin), app.size());
    const std::string_view part = app.substr(begin, end - begin);
    if (!fitForFileName(part) || namesRecording(part)) return {};
    path /= std::string(part);
    begin = end + 1;
  }
  return path / (std::string(name) + ".flv");
}

bool namesBrokenRecording(std::string_view name) {
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  return digits < name.size() && name.substr(0, digits).ends_with(".broken-");
}

}  // namespace multiconn::origin
