#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

namespace multiconn::media::test {

/// An X server without a screen (Xvfb), on a display number that it has found free, and its picture: four
/// quarters, each of one shade of grey. Adds a failure that says what to do when it does not start.
class VirtualScreen {
 public:
  static constexpr int width = 320, height = 240;
  /// Left to right, then down.
  using Shades = std::array<std::uint8_t, 4>;

  /// `directory` is for its frame buffer.
  explicit VirtualScreen(const std::filesystem::path& directory);
  ~VirtualScreen();
  VirtualScreen(const VirtualScreen&) = delete;
  VirtualScreen& operator=(const VirtualScreen&) = delete;

  /// ":7"; empty when it has not started.
  const std::string& display() const { return display_; }
  void show(const Shades& shades);

 private:
  std::filesystem::path frame_buffer_;
  pid_t process_ = -1;
  std::string display_;
};

}  // namespace multiconn::media::test
