#pragma once

#include <multiconn/amf_value.hpp>
#include <multiconn/frame.hpp>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// What onMetaData says of a track (FLV 10.1 E.5); bit rates in kbit/s. What is not known is left out.
AmfObject trackProperties(const AVCodecParameters& parameters, AVRational frame_rate, Codec codec);
/// The same of what an encoder makes.
AmfObject encodedProperties(const AVCodecContext& encoder, Codec codec);

}  // namespace multiconn::media
