#include "media/packet_frame.hpp"

namespace multiconn::media {
namespace {

std::shared_ptr<const std::vector<std::byte>> copyOf(const std::uint8_t* data, std::size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  return std::make_shared<const std::vector<std::byte>>(bytes, bytes + size);
}

// FFmpeg's extradata of VP8 and VP9 is not a vpcC; theirs is in the key frames.
bool hasConfig(Codec codec) {
  switch (codec) {
    case Codec::h264:
    case Codec::hevc:
    case Codec::av1:
    case Codec::aac:
    case Codec::opus:
    case Codec::flac:
      return true;
    default:
      return false;
  }
}

FrameKind kindOf(const AVPacket& packet, Codec codec) {
  if (!isVideo(codec) || (packet.flags & AV_PKT_FLAG_KEY) != 0) return FrameKind::key;
  return (packet.flags & AV_PKT_FLAG_DISPOSABLE) != 0 ? FrameKind::disposable : FrameKind::inter;
}

}  // namespace

EncodedFrame frameOf(const AVPacket& packet, Codec codec, const TrackTimeline::Times& times) {
  return {copyOf(packet.data, static_cast<std::size_t>(packet.size)), codec, kindOf(packet, codec), times.dts,
          times.pts};
}

std::optional<EncodedFrame> configFrame(const std::uint8_t* data, std::size_t size, Codec codec,
                                        const TrackTimeline::Times& times) {
  if (data == nullptr || size == 0 || !hasConfig(codec)) return std::nullopt;
  return EncodedFrame{copyOf(data, size), codec, FrameKind::config, times.dts, times.dts};
}

std::optional<EncodedFrame> configOf(const AVCodecParameters& parameters, Codec codec) {
  return configFrame(parameters.extradata, static_cast<std::size_t>(parameters.extradata_size), codec, {});
}

std::optional<EncodedFrame> newConfigOf(const AVPacket& packet, Codec codec,
                                        const TrackTimeline::Times& times) {
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
  return configFrame(data, size, codec, times);
}

}  // namespace multiconn::media
