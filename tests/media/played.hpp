#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

#include <multiconn/av_source.hpp>

#include "bench/packet_reader.hpp"
#include "media/recording_sink.hpp"
#include "rtmp/frame_normalizer.hpp"

namespace multiconn::media::test {

/// What a source has delivered: per track, as it came.
struct Played {
  std::vector<EncodedFrame> video;
  std::vector<EncodedFrame> audio;
  std::string error;
};

inline std::vector<EncodedFrame> withoutConfig(std::vector<EncodedFrame> frames) {
  std::erase_if(frames, [](const EncodedFrame& frame) { return frame.kind == FrameKind::config; });
  return frames;
}

inline void expectGrowingTimes(const std::vector<EncodedFrame>& frames) {
  for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_GT(frames[i].dts, frames[i - 1].dts) << i;
}

/// A source that can wait stops when its sink is full, and goes on where it was when told to.
inline void expectToWaitWhileFull(AvSource source, std::size_t pictures) {
  const auto sink = std::make_shared<RecordingSink>();
  sink->fullFrom(5);
  const auto video = source.video();
  video->start(sink);
  ASSERT_TRUE(sink->waitUntilRefused());
  EXPECT_EQ(sink->frames().size(), 5U);
  video->resume();
  EXPECT_EQ(sink->frames().size(), 5U);
  sink->empty();
  video->resume();
  EXPECT_TRUE(sink->waitForEnd());
  EXPECT_EQ(withoutConfig(sink->frames()).size(), pictures);
}

/// All of both tracks, through sinks that take everything.
inline Played play(const std::shared_ptr<VideoSource>& video_track,
                   const std::shared_ptr<AudioSource>& audio_track) {
  struct Running {
    std::shared_ptr<MediaSource> track;
    std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  };
  Running video{video_track};
  Running audio{audio_track};
  for (const Running* each : {&video, &audio})
    if (each->track) each->track->start(each->sink);
  Played played;
  for (const Running* each : {&video, &audio}) {
    if (!each->track) continue;
    EXPECT_TRUE(each->sink->waitForEnd());
    played.error += each->sink->end().value_or("never ended");
  }
  played.video = video.sink->frames();
  played.audio = audio.sink->frames();
  return played;
}

inline Played play(AvSource& source) {
  return play(source.video(), source.audio());
}

inline Played play(const std::string& url, AvSourceOptions options = {.realtime = false}) {
  AvSource source = AvSource::open(url, std::move(options));
  return play(source);
}

inline std::string md5(const std::vector<std::byte>& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_md5(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i)
    for (const int shift : {4, 0}) text += "0123456789abcdef"[digest[i] >> shift & 0xF];
  return text;
}

/// In RTMP's own form, as a client would send them.
inline std::vector<EncodedFrame> normalized(const std::vector<EncodedFrame>& frames) {
  rtmp::FrameNormalizer normalizer;
  std::vector<EncodedFrame> out;
  for (const EncodedFrame& frame : frames) EXPECT_EQ(normalizer.normalize(frame, out), rtmp::Error::none);
  return out;
}

inline bench::Track packetsOf(const std::vector<EncodedFrame>& frames) {
  bench::Track track;
  for (const EncodedFrame& frame : normalized(frames)) {
    track.video = isVideo(frame.codec);
    track.codec = name(frame.codec);
    if (frame.kind != FrameKind::config)
      track.packets.push_back({frame.dts, frame.pts, frame.data->size(), md5(*frame.data)});
  }
  return track;
}

/// Whether these are all packets of the file, by libavformat's own account.
inline void expectSamePackets(const std::string& file, const Played& played) {
  std::vector<bench::Track> tracks;
  if (!played.video.empty()) tracks.push_back(packetsOf(played.video));
  if (!played.audio.empty()) tracks.push_back(packetsOf(played.audio));
  const auto expected = bench::readMedia(file, bench::NalLengths::as_given);
  const bench::Report report = bench::compare(expected, tracks, bench::TimestampRule::exact);
  EXPECT_EQ(played.error, "");
  EXPECT_TRUE(report.equal) << file;
  for (const bench::TrackReport& track : report.tracks)
    EXPECT_TRUE(track.equal) << track.codec << ": " << track.frames << " frames, " << track.lost << " lost, "
                             << track.extra << " extra, " << track.differing << " differing, "
                             << track.worst_ms << " ms";
}

}  // namespace multiconn::media::test
