#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <multiconn/frame.hpp>

#include "media/decoder.hpp"
#include "media/encode_format.hpp"
#include "media/ffmpeg.hpp"
#include "media/video_converter.hpp"

namespace multiconn::media::test {

using media::Microseconds;

/// One decoded picture: the brightness of every pixel.
struct Picture {
  Microseconds pts{};
  int width = 0, height = 0;
  std::vector<std::uint8_t> luma;
  double mean() const {
    double sum = 0;
    for (const std::uint8_t each : luma) sum += each;
    return luma.empty() ? 0 : sum / static_cast<double>(luma.size());
  }
};

/// Decoded sound: the first channel, and the time of its first sample.
struct Sound {
  Microseconds pts{};
  int sample_rate = 0;
  int channels = 0;
  std::vector<float> samples;
  double seconds(std::size_t count) const { return static_cast<double>(count) / sample_rate; }
};

inline Picture pictureOf(const AVFrame& frame) {
  EXPECT_TRUE(frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_YUVJ420P ||
              frame.format == AV_PIX_FMT_YUV422P)
      << frame.format;
  Picture result{Microseconds(frame.pts), frame.width, frame.height, {}};
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* row = frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0];
    result.luma.insert(result.luma.end(), row, row + frame.width);
  }
  return result;
}

/// Runs a decoder over frames as a source has delivered them, the configuration first.
template <typename Take>
void decodeFrames(const std::vector<EncodedFrame>& frames, AVCodecID id, const Take& take) {
  ASSERT_FALSE(frames.empty());
  ASSERT_EQ(frames.front().kind, FrameKind::config);
  AVCodecParameters* parameters = avcodec_parameters_alloc();
  parameters->codec_type = isVideo(frames.front().codec) ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
  parameters->codec_id = id;
  parameters->extradata_size = static_cast<int>(frames.front().data->size());
  parameters->extradata =
      static_cast<std::uint8_t*>(av_mallocz(frames.front().data->size() + AV_INPUT_BUFFER_PADDING_SIZE));
  memcpy(parameters->extradata, frames.front().data->data(), frames.front().data->size());
  Decoder decoder(*parameters);
  avcodec_parameters_free(&parameters);
  for (const EncodedFrame& frame : frames) {
    if (frame.kind == FrameKind::config) continue;
    const PacketPtr packet = newPacket();
    ASSERT_EQ(av_new_packet(packet.get(), static_cast<int>(frame.data->size())), 0);
    memcpy(packet->data, frame.data->data(), frame.data->size());
    packet->dts = frame.dts.count();
    packet->pts = frame.pts.count();
    decoder.decode(*packet, take);
  }
  decoder.drain(take);
}

inline std::vector<Picture> decodedPictures(const std::vector<EncodedFrame>& frames) {
  std::vector<Picture> pictures;
  decodeFrames(frames, AV_CODEC_ID_H264, [&](AVFrame& frame) { pictures.push_back(pictureOf(frame)); });
  return pictures;
}

inline Sound decodedSound(const std::vector<EncodedFrame>& frames) {
  Sound sound;
  decodeFrames(frames, AV_CODEC_ID_AAC, [&](AVFrame& frame) {
    if (sound.samples.empty())
      sound = {Microseconds(frame.pts), frame.sample_rate, frame.ch_layout.nb_channels, {}};
    const auto* samples = reinterpret_cast<const float*>(frame.extended_data[0]);
    sound.samples.insert(sound.samples.end(), samples, samples + frame.nb_samples);
  });
  return sound;
}

/// The pictures of a file, by libavformat and libavcodec alone.
inline std::vector<Picture> picturesOf(const std::string& path) {
  std::vector<Picture> pictures;
  AVFormatContext* context = nullptr;
  EXPECT_EQ(avformat_open_input(&context, path.c_str(), nullptr, nullptr), 0) << path;
  if (context == nullptr) return pictures;
  EXPECT_GE(avformat_find_stream_info(context, nullptr), 0);
  const int index = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  EXPECT_GE(index, 0);
  Decoder decoder(*context->streams[index]->codecpar);
  const auto take = [&](AVFrame& frame) { pictures.push_back(pictureOf(frame)); };
  const PacketPtr packet = newPacket();
  while (av_read_frame(context, packet.get()) >= 0) {
    av_packet_rescale_ts(packet.get(), context->streams[packet->stream_index]->time_base, microsecond);
    if (packet->stream_index == index) decoder.decode(*packet, take);
    av_packet_unref(packet.get());
  }
  decoder.drain(take);
  avformat_close_input(&context);
  return pictures;
}

/// Peak signal-to-noise ratio of the brightness, in dB.
inline double psnr(const Picture& one, const Picture& other) {
  EXPECT_EQ(one.luma.size(), other.luma.size());
  double squares = 0;
  for (std::size_t i = 0; i < std::min(one.luma.size(), other.luma.size()); ++i) {
    const double difference = static_cast<double>(one.luma[i]) - other.luma[i];
    squares += difference * difference;
  }
  if (squares == 0) return 100;
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(one.luma.size()) / squares);
}

/// Of a sine, by its zero crossings between two times from its start.
inline double frequency(const Sound& sound, double from, double to) {
  const auto at = [&](double seconds) { return static_cast<std::size_t>(seconds * sound.sample_rate); };
  std::optional<double> first, last;
  int crossings = 0;
  for (std::size_t i = at(from) + 1; i < std::min(at(to), sound.samples.size()); ++i) {
    const double before = sound.samples[i - 1], after = sound.samples[i];
    if (before >= 0 || after < 0) continue;
    last = static_cast<double>(i) - after / (after - before);
    if (!first) first = last;
    ++crossings;
  }
  return crossings < 2 ? 0 : (crossings - 1) / (*last - *first) * sound.sample_rate;
}

}  // namespace multiconn::media::test
