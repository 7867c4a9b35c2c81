#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/av_source.hpp>

namespace multiconn {

struct CaptureOptions {
  /// Size and frame rate are asked of the device first; what it does not deliver so is scaled and thinned.
  EncodeOptions encode{};
  std::optional<std::chrono::microseconds> duration{};  ///< end after this much time on air
  /// More of libavdevice's own options, by its names: {"input_format", "mjpeg"}. A device ignores those it
  /// does not know.
  std::map<std::string, std::string> device_options{};
  std::chrono::milliseconds open_timeout{10'000};  ///< for the device to open and to deliver something
};

/// Microphone, camera, screen or test picture: devices of libavdevice, encoded to H.264 and AAC by
/// libavcodec. Both tracks have one clock, the machine's, on which a frame has the time at which it was
/// captured. Link multiconn::media for it.
class CaptureSource {
 public:
  /// `devices` is one device, or two joined by '+', one for the picture and one for the sound:
  ///
  ///   v4l2:/dev/video0+alsa:default      x11grab::0.0+pulse:default      v4l2:/dev/video0
  ///   lavfi:testsrc2=size=320x240:rate=25+lavfi:sine=frequency=440:sample_rate=48000
  ///
  /// Each is FORMAT:NAME, with a format of captureFormats() and a name as in captureDevices(), or FORMAT
  /// alone for its default device. lavfi takes a graph of filters, which is paced by its timestamps. A '+'
  /// separates only where FORMAT: (or FORMAT and the end) follows and no backslash precedes, so that a graph
  /// may contain others. Empty: the default camera and microphone.
  ///
  /// Blocks until each device has delivered something. Throws std::runtime_error with one sentence that says
  /// what is wrong and what to do, and std::invalid_argument for values EncodeOptions does not allow.
  static CaptureSource open(const std::string& devices, CaptureOptions options = {});

  CaptureSource(CaptureSource&&) noexcept;
  CaptureSource& operator=(CaptureSource&&) noexcept;
  /// The devices are closed once the tracks are gone, too. One that does not return is left to itself.
  ~CaptureSource();

  /// The tracks; null when there is none of the kind. Frames flow once every track that was taken from here
  /// has been started. Each ends by itself; one that was stopped may be started again, as long as its device
  /// has not ended.
  std::shared_ptr<AudioSource> audio();
  std::shared_ptr<VideoSource> video();

 private:
  explicit CaptureSource(std::unique_ptr<media::Tracks> tracks);
  std::unique_ptr<media::Tracks> tracks_;
};

/// A kind of device that this build of FFmpeg can open.
struct CaptureFormat {
  std::string name;         ///< "v4l2"
  std::string description;  ///< FFmpeg's
};
/// Any thread.
std::vector<CaptureFormat> captureFormats();

/// `format` + ':' + `name` is what CaptureSource::open() takes.
struct CaptureDevice {
  std::string format;
  std::string name;
  std::string description;
  bool audio = false;
  bool video = false;
};
/// What is there now, of the formats that can list their devices, and examples of lavfi. Asks drivers and
/// sound servers, and may take a moment: any thread that may block.
std::vector<CaptureDevice> captureDevices();

}  // namespace multiconn
