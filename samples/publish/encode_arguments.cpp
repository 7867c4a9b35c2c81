#include "publish/encode_arguments.hpp"

#include <array>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "publish/argument_values.hpp"

namespace publish {
namespace {

constexpr const char* group = "Encoding, of what is captured or transcoded";
constexpr std::array encoding_options{"--video-size",        "--frame-rate",    "--video-bitrate",
                                      "--keyframe-interval", "--audio-bitrate", "--sample-rate",
                                      "--channels",          "--low-latency"};

}  // namespace

void EncodeArguments::describe(CLI::App& app) {
  app.add_flag("--transcode{needed}", transcode_,
               "Encode the tracks of a file that RTMP cannot carry; --transcode=always: all tracks")
      ->group(group);
  const auto add = [&app](const char* name, auto& value, const char* type, const char* help) {
    app.add_option(name, value, help)->type_name(type)->group(group);
  };
  add("--video-size", video_size_, "WxH", "Size of the picture; else as it comes");
  add("--frame-rate", frame_rate_, "N", "At most so many pictures a second; else all that come");
  add("--video-bitrate", video_bitrate_, "N[k|M]", "Bits a second; else a tenth of a bit per pixel");
  add("--keyframe-interval", keyframe_interval_, "TIME", "From keyframe to keyframe; default 2s");
  add("--audio-bitrate", audio_bitrate_, "N[k|M]", "Bits a second; else 64k for each channel");
  add("--sample-rate", sample_rate_, "HZ", "Of the sound; else the input's, or 48000");
  add("--channels", channels_, "1|2", "Of the sound; else the input's");
  app.add_flag("--low-latency,!--no-low-latency", low_latency_,
               "No frame waits in the encoder (default); without, B-frames make better pictures, later")
      ->group(group);
  add("--device-option", device_options_, "NAME=VALUE",
      "An option of FFmpeg's device, as input_format=mjpeg; may be given several times");
  app.get_option("--channels")->check(CLI::IsMember({1, 2}).description(""));
  // Else it would swallow what follows.
  app.get_option("--device-option")->allow_extra_args(false);
}

std::string EncodeArguments::given(const CLI::App& app) const {
  for (const char* name : encoding_options)
    if (app.count(name) > 0) return name;
  return {};
}

multiconn::Transcode EncodeArguments::transcode() const {
  if (transcode_.empty()) return multiconn::Transcode::never;
  if (transcode_ == "needed") return multiconn::Transcode::needed;
  if (transcode_ == "always") return multiconn::Transcode::always;
  throw std::invalid_argument("--transcode: alone, or --transcode=always");
}

multiconn::EncodeOptions EncodeArguments::options() const {
  multiconn::EncodeOptions options;
  if (!video_size_.empty()) {
    const Size size = parseSize(video_size_, "--video-size");
    options.width = size.width;
    options.height = size.height;
  }
  if (!frame_rate_.empty()) options.frame_rate = parseRate(frame_rate_, "--frame-rate");
  if (!video_bitrate_.empty()) options.video_bitrate = parseBitrate(video_bitrate_, "--video-bitrate");
  if (!audio_bitrate_.empty()) options.audio_bitrate = parseBitrate(audio_bitrate_, "--audio-bitrate");
  if (!keyframe_interval_.empty())
    options.keyframe_interval = parseTime(keyframe_interval_, "--keyframe-interval");
  options.sample_rate = sample_rate_;
  options.channels = channels_;
  options.low_latency = low_latency_;
  return options;
}

std::map<std::string, std::string> EncodeArguments::deviceOptions() const {
  std::map<std::string, std::string> options;
  for (const std::string& each : device_options_) {
    const std::size_t equals = each.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw std::invalid_argument("--device-option: NAME=VALUE");
    options[each.substr(0, equals)] = each.substr(equals + 1);
  }
  return options;
}

}  // namespace publish
