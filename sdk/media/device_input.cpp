#include "media/device_input.hpp"

#include <cerrno>
#include <sstream>
#include <stdexcept>

#include "media/device_formats.hpp"
#include "media/device_list.hpp"
#include "media/device_quiet.hpp"

namespace multiconn::media {
namespace {

std::string textOf(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

// Size and rates, as the device is asked for them.
bool hasForm(const EncodeOptions& options) {
  return options.width != 0 || options.frame_rate != 0 || options.sample_rate != 0 || options.channels != 0;
}

std::string problem(const std::string& format, int error) {
  switch (error) {
    case AVERROR(ENOENT):
    case AVERROR(ENODEV):
    case AVERROR(ENXIO):
      return "there is no such device";
    case AVERROR(EACCES):
    case AVERROR(EPERM):
      return "this user may not use it";
    case AVERROR(EBUSY):
      return "another program is using it";
    case AVERROR(ENOTTY):
      return "that is not a capture device";
    default:
      if (format == "lavfi") return "FFmpeg does not understand this graph (" + errorText(error) + ')';
      return "there is no such device, or it cannot be used (" + errorText(error) + ')';
  }
}

}  // namespace

std::map<std::string, std::string> deviceSettings(const std::string& format, const CaptureOptions& options,
                                                  bool with_form) {
  std::map<std::string, std::string> settings;
  const EncodeOptions& form = options.encode;
  // Else the server collects as much as two seconds for each read; this is 20 ms.
  if (format == "pulse") settings["fragment_size"] = "3840";
  // Of a screen, a size would be a part of it.
  if (with_form && form.width != 0 && format != "x11grab")
    settings["video_size"] = std::to_string(form.width) + 'x' + std::to_string(form.height);
  if (with_form && form.frame_rate != 0) settings["framerate"] = textOf(form.frame_rate);
  if (with_form && form.sample_rate != 0) settings["sample_rate"] = std::to_string(form.sample_rate);
  if (with_form && form.channels != 0) settings["channels"] = std::to_string(form.channels);
  for (const auto& [name, value] : options.device_options) settings[name] = value;
  return settings;
}

DeviceInput::DeviceInput(const DeviceSpec& spec, const CaptureOptions& options,
                         std::shared_ptr<StopSignal> stop)
    : stop_(std::move(stop)), paced_(spec.format == "lavfi") {
  quietDevices();
  int result = open(spec, options, true);
  // A form that it has not: then its own, which is converted.
  if (result < 0 && hasForm(options.encode)) result = open(spec, options, false);
  if (result < 0)
    throw std::runtime_error(displayName(spec) + ": " + problem(spec.format, result) + see_device_list);
  if (audio() == nullptr && video() == nullptr) {
    avformat_close_input(&context_);
    throw std::runtime_error(displayName(spec) + " delivers neither sound nor pictures" + see_device_list);
  }
}

DeviceInput::~DeviceInput() {
  avformat_close_input(&context_);
}

int DeviceInput::open(const DeviceSpec& spec, const CaptureOptions& options, bool with_form) {
  AVDictionary* settings = nullptr;
  for (const auto& [name, value] : deviceSettings(spec.format, options, with_form))
    av_dict_set(&settings, name.c_str(), value.c_str(), 0);
  context_ = allocated(avformat_alloc_context());
  context_->interrupt_callback = {
      [](void* stop) { return static_cast<const StopSignal*>(stop)->isSet() ? 1 : 0; }, stop_.get()};
  const int result =
      avformat_open_input(&context_, spec.name.c_str(), deviceFormat(spec.format)->format, &settings);
  av_dict_free(&settings);
  return result;
}

AVRational DeviceInput::frameRate() const {
  constexpr AVRational unknown{0, 1}, highest{240, 1};
  const AVStream* pictures = video();
  if (pictures == nullptr) return unknown;
  if (pictures->avg_frame_rate.num > 0) return pictures->avg_frame_rate;
  if (pictures->r_frame_rate.num > 0) return pictures->r_frame_rate;
  // lavfi does not tell; sources of a constant rate have its inverse as their time base.
  const AVRational ticks = av_inv_q(pictures->time_base);
  return paced_ && av_cmp_q(ticks, highest) <= 0 ? ticks : unknown;
}

const AVStream* DeviceInput::stream(AVMediaType type) const {
  for (unsigned i = 0; i < context_->nb_streams; ++i)
    if (context_->streams[i]->codecpar->codec_type == type) return context_->streams[i];
  return nullptr;
}

}  // namespace multiconn::media
