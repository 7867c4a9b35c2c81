#pragma once

#include <optional>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp {

/// vpcC (VP Codec ISO Media File Format Binding), 12 bytes with the version and flags of its full box, as
/// FFmpeg and MediaMTX write it in Enhanced RTMP. From the header of a key frame; nothing when it is none.
std::optional<Bytes> vp9Config(BytesView key_frame);
std::optional<Bytes> vp8Config(BytesView key_frame);
/// The record with version and flags, whether or not it came with them; nothing when it is no vpcC.
std::optional<Bytes> normalizedVpConfig(BytesView config);

}  // namespace multiconn::rtmp
