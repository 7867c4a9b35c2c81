#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "client_test.hpp"

namespace multiconn::test {

inline constexpr const char* redirected = "NetConnection.Connect.Redirected";
inline constexpr const char* failed = "NetConnection.Connect.ReconnectFailed";
inline constexpr std::uint32_t gop = 25;

/// A broadcast that is asked to move.
class ReconnectRequest : public ClientTest {
 protected:
  void begin(const std::vector<std::string>& hosts, ConnectOptions options = {}) {
    make(std::move(options));
    publishTo(hosts);
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
  }
  /// 25 pictures a second, with sound.
  void play(std::uint32_t frames, std::uint32_t group = gop) {
    for (std::uint32_t i = 0; i < frames; ++i, ++next) {
      writeFrame(next, next % group == 0 ? FrameKind::key : FrameKind::inter);
      world.loop.runFor(40ms);
    }
  }
  static std::vector<std::uint32_t> numbers(const std::vector<rtmp::Message>& media) {
    std::vector<std::uint32_t> numbers;
    for (const rtmp::Message& message : media) {
      const auto* picture = std::get_if<rtmp::Video>(&message.body);
      if (!picture || std::to_integer<int>((*picture->body)[1]) == 0) continue;
      rtmp::ByteReader reader(rtmp::BytesView(*picture->body).subspan(10));
      numbers.push_back(reader.u32());
    }
    return numbers;
  }
  static std::vector<std::uint32_t> videoTimes(const std::vector<rtmp::Message>& media) {
    std::vector<std::uint32_t> times;
    for (const rtmp::Message& message : media)
      if (std::holds_alternative<rtmp::Video>(message.body)) times.push_back(message.timestamp);
    return times;
  }
  static std::size_t sounds(const std::vector<rtmp::Message>& media) {
    std::size_t count = 0;
    for (const rtmp::Message& message : media)
      count += std::holds_alternative<rtmp::Audio>(message.body) ? 1U : 0U;
    return count;
  }
  /// The two publications together are the whole broadcast, and the second begins with a keyframe.
  void expectNothingLost(const Publication& first, const Publication& second) {
    std::vector<std::uint32_t> all = numbers(first.media);
    const auto rest = numbers(second.media);
    ASSERT_FALSE(rest.empty());
    EXPECT_EQ(rest.front() % gop, 0U);
    all.insert(all.end(), rest.begin(), rest.end());
    ASSERT_EQ(all.size(), next);
    for (std::uint32_t i = 0; i < next; ++i) EXPECT_EQ(all[i], i);
    EXPECT_EQ(sounds(first.media) + sounds(second.media), next + 2) << "with a record of each";
    const auto times = videoTimes(second.media);
    EXPECT_EQ(times.front(), 40U * rest.front()) << "time goes on";
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    ASSERT_TRUE(std::holds_alternative<rtmp::Data>(second.media.front().body)) << "metadata first";
  }
  /// That it can be closed so long after now, frames going on until then; all is then as before make().
  void closeAfter(std::chrono::milliseconds after) {
    for (auto left = after; left > 0ms; left -= 20ms) {
      if (left % 40ms == 0ms) writeFrame(next, next % gop == 0 ? FrameKind::key : FrameKind::inter), ++next;
      world.loop.runFor(20ms);
    }
    bool closed = false;
    connection->ncClose([&] { closed = true; });
    EXPECT_TRUE(world.loop.runUntil([&] { return closed; }, 250ms)) << after.count();
    connection.reset();
    world.loop.runFor(1s);
    EXPECT_EQ(live_links, 0) << after.count();
    statuses.clear();
    stream_statuses.clear();
    outcome.reset();
    next = 0;
  }

  std::uint32_t next = 0;
};

}  // namespace multiconn::test
