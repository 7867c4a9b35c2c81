#pragma once

#include <optional>

#include <multiconn/frame.hpp>

#include "media/ffmpeg.hpp"
#include "media/timeline.hpp"

namespace multiconn::media {

/// The packet as a frame; its payload is copied, once.
EncodedFrame frameOf(const AVPacket& packet, Codec codec, const TrackTimeline::Times& times);
/// `data` as the codec's configuration. Nothing: it is empty, or the codec has none.
std::optional<EncodedFrame> configFrame(const std::uint8_t* data, std::size_t size, Codec codec,
                                        const TrackTimeline::Times& times);
/// The configuration a track begins with. Nothing: it needs none, or it is in the stream.
std::optional<EncodedFrame> configOf(const AVCodecParameters& parameters, Codec codec);
/// A configuration that begins with this packet (AV_PKT_DATA_NEW_EXTRADATA).
std::optional<EncodedFrame> newConfigOf(const AVPacket& packet, Codec codec,
                                        const TrackTimeline::Times& times);

}  // namespace multiconn::media
