#pragma once

#include <multiconn/amf_value.hpp>

#include "media/input.hpp"

namespace multiconn::media {

/// What onMetaData says of a track (FLV 10.1 E.5); bit rates in kbit/s. What is not known is left out.
AmfObject trackProperties(const Input::Track& track);

}  // namespace multiconn::media
