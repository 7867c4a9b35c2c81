#include "media/audio_converter.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

extern "C" {
#include <libavutil/opt.h>
}

namespace multiconn::media {
namespace {

constexpr AVSampleFormat output_format = AV_SAMPLE_FMT_FLTP;
// Below what anyone notices between lips and voice; above what rounded timestamps do.
constexpr std::chrono::milliseconds tolerance{20};
// A drifting device is followed from this on ...
constexpr std::chrono::milliseconds followed_drift{2};
// ... by at most 1/200 of its speed, which changes no pitch that can be heard.
constexpr int slowest_correction = 200;
// Outside of these a file is damaged, and a resampler's memory would not be bounded.
constexpr int lowest_rate = 4000, highest_rate = 768000;

FramePtr newSoundFrame(const AudioFormat& format, const AVChannelLayout& layout, int samples) {
  FramePtr frame = newFrame();
  frame->format = output_format;
  frame->sample_rate = format.sample_rate;
  frame->nb_samples = samples;
  if (av_channel_layout_copy(&frame->ch_layout, &layout) < 0 || av_frame_get_buffer(frame.get(), 0) < 0)
    throw std::bad_alloc();
  return frame;
}

// The channels of `frame` from a sample on.
std::vector<const std::uint8_t*> planesFrom(const AVFrame& frame, int sample) {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const bool planar = av_sample_fmt_is_planar(format) != 0;
  const int channels = frame.ch_layout.nb_channels;
  const int step = av_get_bytes_per_sample(format) * (planar ? 1 : channels);
  std::vector<const std::uint8_t*> planes(static_cast<std::size_t>(planar ? channels : 1));
  for (std::size_t i = 0; i < planes.size(); ++i)
    planes[i] = frame.extended_data[i] + static_cast<std::ptrdiff_t>(sample) * step;
  return planes;
}

}  // namespace

AudioConverter::AudioConverter(const AudioFormat& format, int frame_size, AudioClock clock)
    : format_(format),
      frame_size_(frame_size),
      clock_(clock),
      fifo_(allocated(av_audio_fifo_alloc(output_format, format.channels, frame_size))) {
  av_channel_layout_default(&layout_, format.channels);
}

void AudioConverter::convert(const AVFrame& frame, const Take& take) {
  if (frame.nb_samples <= 0) return;
  prepare(frame, take);
  const int skip = align(frame, take);
  if (skip >= frame.nb_samples) return;
  resample(&frame, skip);
  deliver(take, false);
}

void AudioConverter::finish(const Take& take) {
  if (!end_) return;
  resample(nullptr, 0);
  deliver(take, true);
}

void AudioConverter::prepare(const AVFrame& frame, const Take& take) {
  const Form form{frame.format, frame.sample_rate, frame.ch_layout.nb_channels};
  if (resampler_ && form == input_) return;
  if (resampler_ && end_) {
    resample(nullptr, 0);
    deliver(take, false);
  }
  if (form.sample_rate < lowest_rate || form.sample_rate > highest_rate)
    throw std::runtime_error("sound of " + std::to_string(form.sample_rate) + " Hz cannot be converted");
  AVChannelLayout layout = frame.ch_layout;
  if (layout.order == AV_CHANNEL_ORDER_UNSPEC) av_channel_layout_default(&layout, form.channels);
  SwrContext* resampler = nullptr;
  int result = swr_alloc_set_opts2(&resampler, &layout_, output_format, format_.sample_rate, &layout,
                                   static_cast<AVSampleFormat>(form.format), form.sample_rate, 0, nullptr);
  resampler_.reset(resampler);
  // Only a resampler can be told to stretch.
  if (result >= 0 && clock_ == AudioClock::drifting) result = av_opt_set(resampler, "flags", "res", 0);
  if (result >= 0) result = swr_init(resampler);
  if (result < 0) throw std::runtime_error("FFmpeg cannot convert this sound: " + errorText(result));
  input_ = form;
}

// How many samples at the frame's beginning are to be left out, because their time is over.
int AudioConverter::align(const AVFrame& frame, const Take& take) {
  if (frame.pts == AV_NOPTS_VALUE) {
    if (!end_) end_ = 0;
    return 0;
  }
  const std::int64_t target = samples(Microseconds(frame.pts));
  if (!end_) end_ = target;
  const std::int64_t lead = target - *end_ - swr_get_delay(resampler_.get(), format_.sample_rate);
  const auto inputSamples = [&](std::int64_t count) {
    return av_rescale(count, input_.sample_rate, format_.sample_rate);
  };
  if (lead > samples(longest_silence)) {
    leaveGap(target, take);
  } else if (lead > samples(tolerance)) {
    if (swr_inject_silence(resampler_.get(), static_cast<int>(inputSamples(lead))) < 0)
      throw std::bad_alloc();
  } else if (lead < -samples(tolerance)) {
    return static_cast<int>(std::min<std::int64_t>(inputSamples(-lead), frame.nb_samples));
  } else if (clock_ == AudioClock::drifting) {
    stretch(lead);
  }
  return 0;
}

void AudioConverter::leaveGap(std::int64_t target, const Take& take) {
  resample(nullptr, 0);
  deliver(take, false);
  if (const int rest = av_audio_fifo_size(fifo_.get()); rest > 0) {
    const int missing = frame_size_ - rest;
    const FramePtr silence = newSoundFrame(format_, layout_, missing);
    av_samples_set_silence(silence->extended_data, 0, missing, format_.channels, output_format);
    void** data = reinterpret_cast<void**>(silence->extended_data);
    if (av_audio_fifo_write(fifo_.get(), data, missing) < missing) throw std::bad_alloc();
    *end_ += missing;
    deliver(take, false);
  }
  *end_ = target;
  // A resampler that was flushed begins anew with the next sound.
  if (swr_init(resampler_.get()) < 0) throw std::bad_alloc();
}

// Spread over a second, corrections follow the drift and not the jitter.
void AudioConverter::stretch(std::int64_t lead) {
  if (std::abs(lead) < samples(followed_drift)) return;
  const std::int64_t most = format_.sample_rate / slowest_correction;
  const auto correction = static_cast<int>(std::clamp(lead, -most, most));
  (void)swr_set_compensation(resampler_.get(), correction, format_.sample_rate);
}

// Null: what the resampler still holds.
void AudioConverter::resample(const AVFrame* frame, int skip) {
  const int count = frame != nullptr ? frame->nb_samples - skip : 0;
  const int room = swr_get_out_samples(resampler_.get(), count);
  if (room <= 0) return;
  const FramePtr output = newSoundFrame(format_, layout_, room);
  std::vector<const std::uint8_t*> planes;
  if (frame != nullptr) planes = planesFrom(*frame, skip);
  const int converted = swr_convert(resampler_.get(), output->extended_data, room,
                                    frame != nullptr ? planes.data() : nullptr, count);
  if (converted < 0) throw std::runtime_error("sound could not be converted: " + errorText(converted));
  void** data = reinterpret_cast<void**>(output->extended_data);
  if (av_audio_fifo_write(fifo_.get(), data, converted) < converted) throw std::bad_alloc();
  *end_ += converted;
}

void AudioConverter::deliver(const Take& take, bool all) {
  int held = 0;
  while ((held = av_audio_fifo_size(fifo_.get())) >= frame_size_ || (all && held > 0)) {
    const int count = std::min(held, frame_size_);
    const FramePtr frame = newSoundFrame(format_, layout_, count);
    void** data = reinterpret_cast<void**>(frame->extended_data);
    if (av_audio_fifo_read(fifo_.get(), data, count) < count) throw std::bad_alloc();
    frame->pts = *end_ - held;
    take(*frame);
  }
}

std::int64_t AudioConverter::samples(Microseconds time) const {
  return av_rescale_q(time.count(), microsecond, {1, format_.sample_rate});
}

}  // namespace multiconn::media
