#include "media/virtual_screen.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string_view>
#include <vector>

namespace multiconn::media::test {
namespace {

constexpr std::chrono::seconds patience{20};

/// What it writes into the pipe once it listens; empty when it ends before, or is too slow.
std::string lineOf(int pipe) {
  std::string line;
  pollfd entry{pipe, POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (line.find('\n') == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    std::array<char, 32> buffer;
    if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) != 1) return {};
    const ssize_t size = ::read(pipe, buffer.data(), buffer.size());
    if (size <= 0) return {};
    line.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return line.substr(0, line.find('\n'));
}

[[noreturn]] void becomeServer(int pipe, const std::string& directory) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string number = std::to_string(pipe);
  const std::string size =
      std::to_string(VirtualScreen::width) + "x" + std::to_string(VirtualScreen::height) + "x24";
  const int quiet = ::open("/dev/null", O_WRONLY);
  ::dup2(quiet, STDERR_FILENO);
  ::execlp("Xvfb", "Xvfb", "-displayfd", number.c_str(), "-screen", "0", size.c_str(), "-fbdir",
           directory.c_str(), "-nolisten", "tcp", "-nocursor", nullptr);
  ::_exit(127);
}

std::uint32_t bigEndian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

}  // namespace

VirtualScreen::VirtualScreen(const std::filesystem::path& directory)
    : frame_buffer_(directory / "Xvfb_screen0") {
  std::array<int, 2> pipe{-1, -1};
  if (::pipe(pipe.data()) != 0) return;
  process_ = ::fork();
  if (process_ == 0) becomeServer(pipe[1], directory.string());
  ::close(pipe[1]);
  const std::string number = lineOf(pipe[0]);
  ::close(pipe[0]);
  if (!number.empty()) display_ = ":" + number;
  EXPECT_NE(display_, "") << "Xvfb does not start. Is the package xvfb installed? tools/install-deps does it";
}

VirtualScreen::~VirtualScreen() {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

// The frame buffer is a file in the form of xwd (X11/XWDFile.h), which the server has mapped: numbers of 32
// bits, most significant byte first; the pixels lie behind the header and a table of colours.
void VirtualScreen::show(const Shades& shades) {
  std::fstream file(frame_buffer_, std::ios::in | std::ios::out | std::ios::binary);
  std::string header(100, '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  ASSERT_TRUE(file) << frame_buffer_;
  constexpr std::size_t header_size = 0, bits_per_pixel = 44, bytes_per_line = 48, colours = 76;
  constexpr std::uint32_t colour_size = 12;
  ASSERT_EQ(bigEndian(header, bits_per_pixel), 32U);
  const std::uint32_t line_size = bigEndian(header, bytes_per_line);
  file.seekp(bigEndian(header, header_size) + bigEndian(header, colours) * colour_size);
  for (int y = 0; y < height; ++y) {
    std::string line(line_size, '\0');
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t quarter = (y < height / 2 ? 0U : 2U) + (x < width / 2 ? 0U : 1U);
      line.replace(4 * x, 4, 4, static_cast<char>(shades[quarter]));
    }
    file << line;
  }
}

}  // namespace multiconn::media::test
