#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rtmp/bytes.hpp"

namespace multiconn::media::test {

/// A folder for one test's files, gone when the test ends.
class ClipTest : public testing::Test {
 protected:
  ClipTest() {
    std::string pattern = testing::TempDir() + "multiconn-media-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ClipTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Runs ffmpeg with these arguments and the path of `name` behind them; returns the path.
  std::string clip(const std::string& name, const std::string& arguments) const {
    const std::string command = "ffmpeg -nostdin -v error -y " + arguments + " '" + path(name) + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path(name);
  }

  std::string file(const std::string& name, rtmp::BytesView content) const {
    std::ofstream(path(name), std::ios::binary) << rtmp::asText(content);
    return path(name);
  }
  std::string file(const std::string& name, std::string_view content) const {
    return file(name, rtmp::asBytes(content));
  }

 private:
  std::filesystem::path folder_;
};

inline rtmp::Bytes contentOf(const std::string& path);

/// The contents of several files, one behind the other.
inline rtmp::Bytes joinedContents(const std::vector<std::string>& paths) {
  rtmp::Bytes joined;
  for (const std::string& path : paths) {
    const rtmp::Bytes content = contentOf(path);
    joined.insert(joined.end(), content.begin(), content.end());
  }
  return joined;
}

inline rtmp::Bytes contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const rtmp::BytesView bytes = rtmp::asBytes(text);
  return {bytes.begin(), bytes.end()};
}

// Arguments of ffmpeg: sources of a second, and encoders.
inline const std::string picture = "-f lavfi -i testsrc2=size=160x90:rate=25:duration=1 ";
inline const std::string tone = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=1 ";
inline const std::string x264 = "-c:v libx264 -pix_fmt yuv420p -preset veryfast -g 12 -bf 2 ";
inline const std::string x265 =
    "-c:v libx265 -pix_fmt yuv420p -preset fast "
    "-x265-params pools=none:frame-threads=1:keyint=10:bframes=2:log-level=error ";

}  // namespace multiconn::media::test
