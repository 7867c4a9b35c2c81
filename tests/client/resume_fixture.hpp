#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client_test.hpp"
#include "rtmp/media_body.hpp"

namespace multiconn::test {

/// A broadcast whose servers are lost, and come back.
class ResumeStream : public ClientTest {
 protected:
  using Frame = std::pair<std::uint32_t, rtmp::Bytes>;  // timestamp and body

  ResumeStream() { reconnects = true; }

  /// Frames `from` on, 25 a second, in real time.
  void play(std::uint32_t from, std::uint32_t count, std::uint32_t gop = 25, std::size_t size = 500) {
    for (std::uint32_t i = from; i < from + count; ++i) {
      writeFrame(i, i % gop == 0 ? FrameKind::key : FrameKind::inter, size);
      world.loop.runFor(40ms);
    }
  }
  void begin() {
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
  }
  void goAway(const std::string& host) {
    world.server(host).script.refuses = true;
    world.server(host).reset();
  }
  void comeBack(const std::string& host) { world.server(host).script.refuses = false; }
  /// The first 60 frames, to all of them.
  void broadcast(const std::vector<std::string>& hosts) {
    publishTo(hosts);
    begin();
    play(0, 60);
  }
  /// While these are played.
  void beAway(const std::string& host, std::uint32_t from, std::uint32_t count, std::uint32_t gop = 25) {
    goAway(host);
    play(from, count, gop);
    comeBack(host);
  }
  /// Plays until the server is published to once more; returns the number of the frame that is next.
  std::uint32_t playUntilBack(const std::string& host, std::uint32_t next) {
    const std::size_t before = world.server(host).publications.size();
    while (world.server(host).publications.size() == before) play(next++, 1);
    return next;
  }

  /// Without configuration records, which are sent anew.
  static std::vector<Frame> frames(const std::vector<rtmp::Message>& media) {
    std::vector<Frame> list;
    for (const rtmp::Message& message : media) {
      rtmp::Payload body;
      if (const auto* sound = std::get_if<rtmp::Audio>(&message.body)) body = sound->body;
      if (const auto* picture = std::get_if<rtmp::Video>(&message.body)) body = picture->body;
      if (body && (*body)[1] != std::byte{0}) list.emplace_back(message.timestamp, *body);
    }
    return list;
  }
  /// Of all publishes.
  std::set<Frame> everything(const std::string& host) {
    std::set<Frame> all;
    for (const Publication& each : world.server(host).publications)
      for (Frame& frame : frames(each.media)) all.insert(std::move(frame));
    return all;
  }
  /// Every publish has only what the healthy server has, begins so that it can be decoded, and never runs
  /// backwards.
  void expectFit(const std::string& host, const std::string& healthy) {
    const std::set<Frame> good = everything(healthy);
    for (const Publication& each : world.server(host).publications) {
      std::map<bool, std::uint32_t> newest;
      bool record = false, key = false;
      for (const rtmp::Message& message : each.media) {
        const auto* picture = std::get_if<rtmp::Video>(&message.body);
        if (std::holds_alternative<rtmp::Data>(message.body)) continue;
        const auto [at, first] = newest.try_emplace(picture != nullptr, message.timestamp);
        EXPECT_GE(static_cast<std::int32_t>(message.timestamp - at->second), 0);
        at->second = message.timestamp;
        if (!picture) continue;
        rtmp::MediaBody body;
        ASSERT_EQ(parseVideoBody(*picture->body, body), rtmp::Error::none);
        record = record || body.packet == rtmp::MediaBody::Packet::config;
        if (body.packet != rtmp::MediaBody::Packet::frames) continue;
        key = key || body.kind == FrameKind::key;
        EXPECT_TRUE(record && key) << "not decodable";
        EXPECT_TRUE(good.contains({message.timestamp, *picture->body}));
      }
    }
  }
  std::string resumed() const {
    const Status* const status = find("NetStream.Publish.Resumed");
    return status ? status->level + ": " + status->description : "";
  }
};

}  // namespace multiconn::test
