#include "media/audio_converter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "media/decoded.hpp"
#include "media/frame_thinner.hpp"

namespace multiconn::media::test {
namespace {

using namespace std::chrono_literals;

constexpr int rate = 48000;
constexpr int frame_size = 1024;

/// A tone of 440 Hz as a device delivers it, in interleaved 16 bits.
class Tone {
 public:
  explicit Tone(int sample_rate, int channels = 1) : sample_rate_(sample_rate), channels_(channels) {}

  FramePtr next(int samples, Microseconds pts) {
    constexpr double full = 20000, pi = 3.14159265358979;
    FramePtr frame = newFrame();
    frame->format = AV_SAMPLE_FMT_S16;
    frame->sample_rate = sample_rate_;
    frame->nb_samples = samples;
    av_channel_layout_default(&frame->ch_layout, channels_);
    EXPECT_GE(av_frame_get_buffer(frame.get(), 0), 0);
    auto* out = reinterpret_cast<std::int16_t*>(frame->data[0]);
    for (int i = 0; i < samples; ++i, ++position_)
      for (int channel = 0; channel < channels_; ++channel)
        *out++ = static_cast<std::int16_t>(
            full * std::sin(2 * pi * 440 * static_cast<double>(position_) / sample_rate_));
    frame->pts = pts.count();
    return frame;
  }

 private:
  int sample_rate_, channels_;
  std::int64_t position_ = 0;
};

class AudioConverterTest : public testing::Test {
 protected:
  explicit AudioConverterTest(AudioClock clock = AudioClock::exact)
      : converter_({rate, 2, 128000}, frame_size, clock) {}

  void push(const FramePtr& frame) { converter_.convert(*frame, take_); }
  void finish() { converter_.finish(take_); }
  double end() const { return static_cast<double>(end_) / rate; }

  Sound sound_{{}, rate, 2, {}};
  std::vector<std::int64_t> starts_;
  std::int64_t end_ = 0;
  AudioConverter::Take take_ = [this](const AVFrame& frame) {
    EXPECT_LE(frame.nb_samples, frame_size);
    EXPECT_EQ(frame.format, AV_SAMPLE_FMT_FLTP);
    EXPECT_EQ(frame.ch_layout.nb_channels, 2);
    EXPECT_TRUE(starts_.empty() || frame.pts >= end_);
    starts_.push_back(frame.pts);
    end_ = frame.pts + frame.nb_samples;
    const auto* samples = reinterpret_cast<const float*>(frame.extended_data[0]);
    sound_.samples.insert(sound_.samples.end(), samples, samples + frame.nb_samples);
  };
  AudioConverter converter_;
};

class DriftingAudioConverterTest : public AudioConverterTest {
 protected:
  DriftingAudioConverterTest() : AudioConverterTest(AudioClock::drifting) {}

  /// Ten seconds by the timestamps, of a device that takes so many samples a second meanwhile.
  void pushTenSeconds(int samples_per_second) {
    Tone tone(rate);
    constexpr int steps = 500;
    for (int i = 0; i < steps; ++i) push(tone.next(samples_per_second / 50, i * Microseconds(20'000)));
    finish();
  }
};

TEST_F(AudioConverterTest, EverySampleComesOnceAndInOrder) {
  Tone tone(rate);
  for (int i = 0; i < 100; ++i) push(tone.next(480, 5s + i * 10ms));
  finish();
  EXPECT_EQ(sound_.samples.size(), 48000U);
  EXPECT_EQ(starts_.front(), 5 * rate);
  EXPECT_EQ(end_, 6 * rate);
  EXPECT_NEAR(frequency(sound_, 0, 1), 440, 0.01);
}

TEST_F(AudioConverterTest, RatesAreConverted) {
  Tone tone(44100, 1);
  for (int i = 0; i < 100; ++i) push(tone.next(441, i * 10ms));
  finish();
  EXPECT_NEAR(end(), 1, 0.001);
  EXPECT_NEAR(frequency(sound_, 0.05, 0.95), 440, 0.1);
}

TEST_F(AudioConverterTest, RoundedTimestampsChangeNothing) {
  Tone tone(rate);
  for (int i = 0; i < 47; ++i) {
    const auto exact = Microseconds(i * 1024 * 1'000'000LL / rate);
    push(tone.next(1024, std::chrono::round<std::chrono::milliseconds>(exact)));
  }
  finish();
  EXPECT_EQ(sound_.samples.size(), 47U * 1024);
  EXPECT_NEAR(frequency(sound_, 0, 1), 440, 0.01);
}

TEST_F(AudioConverterTest, WithoutTimestampsSoundFollowsOn) {
  Tone tone(rate);
  push(tone.next(480, 1s));
  for (int i = 0; i < 99; ++i) push(tone.next(480, Microseconds(AV_NOPTS_VALUE)));
  finish();
  EXPECT_EQ(end_, 2 * rate);
}

TEST_F(AudioConverterTest, AShortGapBecomesSilence) {
  Tone tone(rate);
  push(tone.next(4800, 0s));
  push(tone.next(4800, 600ms));
  finish();
  EXPECT_EQ(end_, rate * 7 / 10);
  EXPECT_EQ(sound_.samples.size(), 33600U);
  EXPECT_EQ(sound_.samples[rate * 3 / 10], 0);
}

TEST_F(AudioConverterTest, ALongGapStaysInTheTimestamps) {
  Tone tone(rate);
  push(tone.next(4800, 0s));
  push(tone.next(4800, 1h));
  finish();
  EXPECT_NEAR(end(), 3600.1, 0.0001);
  EXPECT_LE(sound_.samples.size(), 9600U + frame_size);
}

TEST_F(AudioConverterTest, WhatOverlapsIsLeftOut) {
  Tone tone(rate);
  push(tone.next(48000, 0s));
  push(tone.next(4800, 500ms));
  push(tone.next(4800, 950ms));
  finish();
  EXPECT_EQ(end_, rate * 105 / 100);
}

TEST_F(AudioConverterTest, TheFormMayChange) {
  Tone one(44100, 2), two(rate, 1), three(22050, 2);
  push(one.next(22050, 0s));
  push(two.next(24000, 500ms));
  push(three.next(11025, 1s));
  finish();
  EXPECT_NEAR(end(), 1.5, 0.005);
  EXPECT_NEAR(frequency(sound_, 0.1, 0.4), 440, 0.5);
  EXPECT_NEAR(frequency(sound_, 0.6, 0.9), 440, 0.5);
  EXPECT_NEAR(frequency(sound_, 1.1, 1.4), 440, 0.5);
}

TEST_F(AudioConverterTest, ARateThatCannotBeIsRefused) {
  EXPECT_THROW(push(Tone(1).next(10, 0s)), std::runtime_error);
  EXPECT_THROW(push(Tone(2'000'000'000).next(10, 0s)), std::runtime_error);
}

TEST_F(DriftingAudioConverterTest, AnExactDeviceIsLeftAlone) {
  pushTenSeconds(rate);
  EXPECT_NEAR(end(), 10, 0.001);
  EXPECT_NEAR(frequency(sound_, 1, 9), 440, 0.01);
}

TEST_F(DriftingAudioConverterTest, ASlowDeviceIsStretched) {
  pushTenSeconds(rate - 50);
  EXPECT_NEAR(end(), 10, 0.005) << "without, it would be 10 ms short";
  EXPECT_NEAR(frequency(sound_, 1, 9), 440, 1);
}

TEST_F(DriftingAudioConverterTest, AFastDeviceIsSqueezed) {
  pushTenSeconds(rate + 50);
  EXPECT_NEAR(end(), 10, 0.005);
  EXPECT_NEAR(frequency(sound_, 1, 9), 440, 1);
}

TEST(FrameThinner, KeepsWhatItIsAsked) {
  const auto kept = [](int frames, AVRational from, std::optional<AVRational> to) {
    FrameThinner thinner(to);
    int count = 0;
    for (int i = 0; i < frames; ++i) count += thinner.keeps(toMicroseconds(i, av_inv_q(from))) ? 1 : 0;
    return count;
  };
  EXPECT_EQ(kept(100, {25, 1}, std::nullopt), 100);
  EXPECT_EQ(kept(100, {25, 1}, AVRational{25, 1}), 100);
  EXPECT_EQ(kept(100, {25, 1}, AVRational{50, 1}), 100);
  EXPECT_EQ(kept(100, {25, 1}, AVRational{5, 1}), 20);
  EXPECT_EQ(kept(300, {30, 1}, AVRational{25, 1}), 250);
  EXPECT_EQ(kept(3000, {30000, 1001}, AVRational{15, 1}), 1502);
}

}  // namespace
}  // namespace multiconn::media::test
