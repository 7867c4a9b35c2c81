#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <multiconn/capture.hpp>

#include "media/device_spec.hpp"
#include "media/ffmpeg.hpp"
#include "media/stop_signal.hpp"

namespace multiconn::media {

/// What a device is asked for, as options of its format. `with_form`: size and rates too, which it may
/// refuse.
std::map<std::string, std::string> deviceSettings(const std::string& format, const CaptureOptions& options,
                                                  bool with_form);

/// One opened device of libavdevice. One thread at a time.
class DeviceInput {
 public:
  /// Throws std::runtime_error with one sentence.
  DeviceInput(const DeviceSpec& spec, const CaptureOptions& options, std::shared_ptr<StopSignal> stop);
  ~DeviceInput();
  DeviceInput(const DeviceInput&) = delete;
  DeviceInput& operator=(const DeviceInput&) = delete;

  /// Null: it delivers none.
  const AVStream* audio() const { return stream(AVMEDIA_TYPE_AUDIO); }
  const AVStream* video() const { return stream(AVMEDIA_TYPE_VIDEO); }
  /// Pictures a second; 0/1 when it is not known.
  AVRational frameRate() const;
  /// It delivers as fast as it is read (lavfi), and has to be read at the pace of its timestamps.
  bool paced() const { return paced_; }

  /// Blocks as long as the device does. 0, AVERROR(EAGAIN), AVERROR_EOF or an error.
  int read(AVPacket& packet) { return av_read_frame(context_, &packet); }

 private:
  int open(const DeviceSpec& spec, const CaptureOptions& options, bool with_form);
  const AVStream* stream(AVMediaType type) const;

  const std::shared_ptr<StopSignal> stop_;
  const bool paced_;
  AVFormatContext* context_ = nullptr;
};

}  // namespace multiconn::media
