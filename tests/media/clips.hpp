#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "rtmp/bytes.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::media::test {

/// A folder for one test's files, gone when the test ends.
class ClipTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.file(name); }

  /// Runs ffmpeg with these arguments and the path of `name` behind them; returns the path.
  std::string clip(const std::string& name, const std::string& arguments) const {
    const std::string command = "ffmpeg -nostdin -v error -y " + arguments + " '" + path(name) + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path(name);
  }

  std::string file(const std::string& name, rtmp::BytesView content) const {
    return folder_.write(name, rtmp::asText(content));
  }
  std::string file(const std::string& name, std::string_view content) const {
    return file(name, rtmp::asBytes(content));
  }

 private:
  const multiconn::test::TemporaryFolder folder_;
};

inline rtmp::Bytes contentOf(const std::string& path) {
  const std::string text = multiconn::test::textOf(path);
  const rtmp::BytesView bytes = rtmp::asBytes(text);
  return {bytes.begin(), bytes.end()};
}

/// The contents of several files, one behind the other.
inline rtmp::Bytes joinedContents(const std::vector<std::string>& paths) {
  rtmp::Bytes joined;
  for (const std::string& path : paths) {
    const rtmp::Bytes content = contentOf(path);
    joined.insert(joined.end(), content.begin(), content.end());
  }
  return joined;
}

// Arguments of ffmpeg: sources of a second, and encoders.
inline const std::string picture = "-f lavfi -i testsrc2=size=160x90:rate=25:duration=1 ";
inline const std::string tone = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=1 ";
inline const std::string x264 = "-c:v libx264 -pix_fmt yuv420p -preset veryfast -g 12 -bf 2 ";
inline const std::string x265 =
    "-c:v libx265 -pix_fmt yuv420p -preset fast "
    "-x265-params pools=none:frame-threads=1:keyint=10:bframes=2:log-level=error ";

}  // namespace multiconn::media::test
