#include "media/codecs.hpp"

namespace multiconn::media {

std::optional<Codec> codecFor(AVCodecID id) {
  switch (id) {
    case AV_CODEC_ID_H264:
      return Codec::h264;
    case AV_CODEC_ID_HEVC:
      return Codec::hevc;
    case AV_CODEC_ID_AV1:
      return Codec::av1;
    case AV_CODEC_ID_VP8:
      return Codec::vp8;
    case AV_CODEC_ID_VP9:
      return Codec::vp9;
    case AV_CODEC_ID_AAC:
      return Codec::aac;
    case AV_CODEC_ID_MP3:
      return Codec::mp3;
    case AV_CODEC_ID_OPUS:
      return Codec::opus;
    case AV_CODEC_ID_FLAC:
      return Codec::flac;
    case AV_CODEC_ID_AC3:
      return Codec::ac3;
    case AV_CODEC_ID_EAC3:
      return Codec::eac3;
    default:
      return std::nullopt;
  }
}

std::string uncarriableCodec(const std::string& name, const AVCodecParameters& parameters) {
  const bool video = parameters.codec_type == AVMEDIA_TYPE_VIDEO;
  const std::string kind = video ? "video" : "audio";
  const std::string advice = std::string(
                                 "--transcode encodes it while it is sent; or do so before, for example "
                                 "with ffmpeg -i INPUT ") +
                             (video ? "-c:v libx264 -c:a copy" : "-c:v copy -c:a aac") + " OUTPUT.mkv";
  if (parameters.codec_id == AV_CODEC_ID_NONE)
    return name + ": this FFmpeg does not know the codec of its " + kind;
  return name + ": RTMP cannot carry " + avcodec_get_name(parameters.codec_id) + " " + kind + "; " + advice;
}

}  // namespace multiconn::media
