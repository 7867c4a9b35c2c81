#include "media/track_properties.hpp"

#include "rtmp/media_body.hpp"

namespace multiconn::media {
namespace {

void setDataRate(AmfObject& properties, const char* name, const AVCodecParameters& parameters) {
  constexpr double bits_per_kilobit = 1000;
  if (parameters.bit_rate > 0)
    properties.set(name, static_cast<double>(parameters.bit_rate) / bits_per_kilobit);
}

AmfObject videoProperties(const Input::Track& track) {
  const AVCodecParameters& parameters = *track.stream->codecpar;
  const AVRational rate = track.stream->avg_frame_rate;
  AmfObject properties;
  properties.set("width", parameters.width);
  properties.set("height", parameters.height);
  if (rate.num > 0 && rate.den > 0) properties.set("framerate", av_q2d(rate));
  properties.set("videocodecid", rtmp::metadataCodecId(track.codec));
  setDataRate(properties, "videodatarate", parameters);
  return properties;
}

AmfObject audioProperties(const Input::Track& track) {
  const AVCodecParameters& parameters = *track.stream->codecpar;
  const int channels = parameters.ch_layout.nb_channels;
  constexpr int sample_size = 16;  // bits; what compressed audio is always said to have
  AmfObject properties;
  properties.set("audiosamplerate", parameters.sample_rate);
  properties.set("audiosamplesize", sample_size);
  properties.set("audiochannels", channels);
  properties.set("stereo", channels > 1);
  properties.set("audiocodecid", rtmp::metadataCodecId(track.codec));
  setDataRate(properties, "audiodatarate", parameters);
  return properties;
}

}  // namespace

AmfObject trackProperties(const Input::Track& track) {
  return isVideo(track.codec) ? videoProperties(track) : audioProperties(track);
}

}  // namespace multiconn::media
