#include "media/track_properties.hpp"

#include "rtmp/media_body.hpp"

namespace multiconn::media {
namespace {

void setDataRate(AmfObject& properties, const char* name, const AVCodecParameters& parameters) {
  constexpr double bits_per_kilobit = 1000;
  if (parameters.bit_rate > 0)
    properties.set(name, static_cast<double>(parameters.bit_rate) / bits_per_kilobit);
}

AmfObject videoProperties(const AVCodecParameters& parameters, AVRational rate, Codec codec) {
  AmfObject properties;
  properties.set("width", parameters.width);
  properties.set("height", parameters.height);
  if (rate.num > 0 && rate.den > 0) properties.set("framerate", av_q2d(rate));
  properties.set("videocodecid", rtmp::metadataCodecId(codec));
  setDataRate(properties, "videodatarate", parameters);
  return properties;
}

AmfObject audioProperties(const AVCodecParameters& parameters, Codec codec) {
  const int channels = parameters.ch_layout.nb_channels;
  constexpr int sample_size = 16;  // bits; what compressed audio is always said to have
  AmfObject properties;
  properties.set("audiosamplerate", parameters.sample_rate);
  properties.set("audiosamplesize", sample_size);
  properties.set("audiochannels", channels);
  properties.set("stereo", channels > 1);
  properties.set("audiocodecid", rtmp::metadataCodecId(codec));
  setDataRate(properties, "audiodatarate", parameters);
  return properties;
}

}  // namespace

AmfObject trackProperties(const AVCodecParameters& parameters, AVRational frame_rate, Codec codec) {
  return isVideo(codec) ? videoProperties(parameters, frame_rate, codec) : audioProperties(parameters, codec);
}

AmfObject encodedProperties(const AVCodecContext& encoder, Codec codec) {
  struct FreeParameters {
    void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
  };
  const std::unique_ptr<AVCodecParameters, FreeParameters> parameters(allocated(avcodec_parameters_alloc()));
  if (avcodec_parameters_from_context(parameters.get(), &encoder) < 0) throw std::bad_alloc();
  return trackProperties(*parameters, encoder.framerate, codec);
}

}  // namespace multiconn::media
