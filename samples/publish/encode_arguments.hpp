#pragma once

#include <map>
#include <string>
#include <vector>

#include <multiconn/av_source.hpp>

namespace CLI {
class App;
}

namespace publish {

/// The options about encoding, as typed.
class EncodeArguments {
 public:
  void describe(CLI::App& app);

  /// The first of those that were given; empty: none was.
  std::string given(const CLI::App& app) const;
  multiconn::Transcode transcode() const;
  /// These throw std::invalid_argument with one sentence.
  multiconn::EncodeOptions options() const;
  std::map<std::string, std::string> deviceOptions() const;

 private:
  std::string transcode_;
  std::string video_size_, frame_rate_, video_bitrate_, keyframe_interval_;
  std::string audio_bitrate_;
  int sample_rate_ = 0;
  int channels_ = 0;
  bool low_latency_ = true;
  std::vector<std::string> device_options_;
};

}  // namespace publish
