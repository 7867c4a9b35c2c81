#pragma once

#include <optional>
#include <string>

#include <multiconn/frame.hpp>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// Nothing: RTMP cannot carry it.
std::optional<Codec> codecFor(AVCodecID id);

/// One sentence: what is wrong with this track of `name`, and what to do.
std::string uncarriableCodec(const std::string& name, const AVCodecParameters& parameters);

}  // namespace multiconn::media
