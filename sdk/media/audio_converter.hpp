#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

extern "C" {
#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>
}

#include "media/encode_format.hpp"
#include "media/ffmpeg.hpp"
#include "media/track_encoder.hpp"

namespace multiconn::media {

/// Sound of any rate, layout and sample format to frames of one size in planar floats, without holes: short
/// gaps are filled with silence, what overlaps is left out, and where the device's clock drifts, sound is
/// stretched unnoticeably.
class AudioConverter {
 public:
  /// The time of what is taken is in samples of the output.
  using Take = std::function<void(const AVFrame&)>;

  AudioConverter(const AudioFormat& format, int frame_size, AudioClock clock);

  /// `frame` has its time in microseconds; without one it follows on what came before. Throws
  /// std::runtime_error for a form that libswresample does not read.
  void convert(const AVFrame& frame, const Take& take);
  /// The rest; the last frame may be shorter.
  void finish(const Take& take);

  /// A longer gap stays one, in the timestamps.
  static constexpr std::chrono::seconds longest_silence{1};

 private:
  struct FreeResampler {
    void operator()(SwrContext* resampler) const { swr_free(&resampler); }
  };
  struct FreeFifo {
    void operator()(AVAudioFifo* fifo) const { av_audio_fifo_free(fifo); }
  };
  struct Form {
    int format = -1;
    int sample_rate = 0;
    int channels = 0;
    bool operator==(const Form&) const = default;
  };

  void prepare(const AVFrame& frame, const Take& take);
  int align(const AVFrame& frame, const Take& take);
  void leaveGap(std::int64_t target, const Take& take);
  void stretch(std::int64_t lead);
  void resample(const AVFrame* frame, int skip);
  void deliver(const Take& take, bool all);
  std::int64_t samples(Microseconds time) const;

  const AudioFormat format_;
  const int frame_size_;
  const AudioClock clock_;
  AVChannelLayout layout_{};
  Form input_;
  std::unique_ptr<SwrContext, FreeResampler> resampler_;
  std::unique_ptr<AVAudioFifo, FreeFifo> fifo_;
  std::optional<std::int64_t> end_;  // the time behind the newest sample in fifo_
};

}  // namespace multiconn::media
