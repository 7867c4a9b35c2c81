#include "media/encode_format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace multiconn::media {
namespace {

using namespace std::chrono_literals;

constexpr int smallest_side = 16, largest_side = 8192;
constexpr double highest_frame_rate = 240;
constexpr std::int64_t lowest_bitrate = 8'000, highest_bitrate = 500'000'000;
constexpr auto shortest_keyframe_interval = 100ms;
constexpr auto longest_keyframe_interval = 60s;
// MPEG-4 audio's sampling frequencies (ISO/IEC 14496-3 table 1.18).
constexpr std::array<int, 13> aac_rates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                        22050, 16000, 12000, 11025, 8000,  7350};
constexpr int usual_sample_rate = 48000;

[[noreturn]] void refuse(const std::string& sentence) {
  throw std::invalid_argument(sentence);
}

template <typename T>
void checkRange(T value, T lowest, T highest, const std::string& sentence) {
  if (value != 0 && !(value >= lowest && value <= highest)) refuse(sentence);
}

// A tenth of a bit per pixel is what services recommend for H.264, from 720p30 to 1080p60.
std::int64_t usualBitrate(const VideoFormat& format) {
  constexpr double bits_per_pixel = 0.1;
  const double pixels = static_cast<double>(format.width) * format.height * av_q2d(format.frame_rate);
  return std::clamp<std::int64_t>(std::llround(pixels * bits_per_pixel), 200'000, 20'000'000);
}

// 4:2:0 halves both sides.
int even(int side) {
  return std::max(side & ~1, smallest_side);
}

bool isRgb(const AVCodecParameters& input) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(input.format));
  return format != nullptr && (format->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

// What players assume where a stream does not say: BT.709 from 720 lines on, BT.601 below.
AVColorSpace colorSpace(const AVCodecParameters& input, int height) {
  constexpr int first_high_definition = 720;
  if (!isRgb(input) && input.color_space != AVCOL_SPC_RGB) return input.color_space;
  return height >= first_high_definition ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

// The picture keeps its shape on the screen when it is scaled.
AVRational sampleAspect(const AVCodecParameters& input, int width, int height) {
  AVRational aspect = input.sample_aspect_ratio;
  if (aspect.num <= 0 || aspect.den <= 0) return {0, 1};
  av_reduce(&aspect.num, &aspect.den, static_cast<std::int64_t>(aspect.num) * input.width * height,
            static_cast<std::int64_t>(aspect.den) * input.height * width, 255);
  return aspect;
}

// Containers that do not know their rate often claim that of their clock.
bool isFrameRate(AVRational rate) {
  constexpr AVRational highest{240, 1};
  return rate.num > 0 && rate.den > 0 && av_cmp_q(rate, highest) <= 0;
}

}  // namespace

void check(const EncodeOptions& options) {
  const bool sized = options.width != 0 || options.height != 0;
  const auto sideFits = [](int side) {
    return side >= smallest_side && side <= largest_side && side % 2 == 0;
  };
  if (sized && !(sideFits(options.width) && sideFits(options.height)))
    refuse("a video size has two even sides from 16 to 8192");
  checkRange(options.frame_rate, 0.1, highest_frame_rate, "a frame rate is from 0.1 to 240");
  checkRange(options.video_bitrate, lowest_bitrate, highest_bitrate, "a video bitrate is from 8k to 500M");
  checkRange(options.audio_bitrate, lowest_bitrate, highest_bitrate, "an audio bitrate is from 8k to 500M");
  if (options.keyframe_interval < shortest_keyframe_interval ||
      options.keyframe_interval > longest_keyframe_interval)
    refuse("a keyframe interval is from 100 ms to a minute");
  if (options.sample_rate != 0 &&
      std::find(aac_rates.begin(), aac_rates.end(), options.sample_rate) == aac_rates.end())
    refuse("AAC has no sample rate of " + std::to_string(options.sample_rate) +
           "; 48000 and 44100 are usual");
  checkRange(options.channels, 1, 2, "audio has one or two channels");
}

VideoFormat videoFormat(const AVCodecParameters& input, AVRational input_rate, const EncodeOptions& options) {
  if (options.width == 0 && (input.width <= 0 || input.height <= 0))
    refuse("the size of its pictures is not known; give one (--video-size)");
  if (options.width == 0 && (input.width > largest_side || input.height > largest_side))
    refuse("pictures of " + std::to_string(input.width) + "x" + std::to_string(input.height) +
           " are larger than any RTMP player shows; give a smaller size (--video-size)");
  VideoFormat format;
  format.width = options.width != 0 ? options.width : even(input.width);
  format.height = options.height != 0 ? options.height : even(input.height);
  format.sample_aspect = sampleAspect(input, format.width, format.height);
  format.color_space = colorSpace(input, format.height);
  if (isFrameRate(input_rate)) format.frame_rate = input_rate;
  if (options.frame_rate > 0) {
    const AVRational asked = av_d2q(options.frame_rate, 1001 * 240);
    format.thin_to = asked;
    if (!isFrameRate(input_rate) || av_cmp_q(asked, format.frame_rate) < 0) format.frame_rate = asked;
  }
  format.bitrate = options.video_bitrate != 0 ? options.video_bitrate : usualBitrate(format);
  format.keyframe_interval = options.keyframe_interval;
  format.low_latency = options.low_latency;
  return format;
}

AudioFormat audioFormat(const AVCodecParameters& input, const EncodeOptions& options) {
  constexpr int lowest_kept_rate = 16000;
  constexpr std::int64_t bitrate_per_channel = 64'000;
  const bool keep = input.sample_rate >= lowest_kept_rate && input.sample_rate <= usual_sample_rate &&
                    std::find(aac_rates.begin(), aac_rates.end(), input.sample_rate) != aac_rates.end();
  AudioFormat format;
  format.sample_rate = options.sample_rate != 0 ? options.sample_rate
                       : keep                   ? input.sample_rate
                                                : usual_sample_rate;
  format.channels = options.channels != 0 ? options.channels : std::clamp(input.ch_layout.nb_channels, 1, 2);
  format.bitrate = options.audio_bitrate != 0 ? options.audio_bitrate : format.channels * bitrate_per_channel;
  return format;
}

}  // namespace multiconn::media
