#pragma once

#include <optional>
#include <vector>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp {

/// One ADTS frame (ISO/IEC 13818-7 6.2) taken apart.
struct AdtsFrame {
  /// ISO/IEC 14496-3 1.6.2.1: two bytes, or more with a program config element. Empty when the channels are
  /// to be found in such an element, and this frame has none.
  Bytes audio_specific_config;
  unsigned sample_rate = 0;  ///< Hz
  BytesView raw;
};
/// All frames in `bytes`; nothing when it does not consist of ADTS frames, of one raw data block each.
std::optional<std::vector<AdtsFrame>> splitAdts(BytesView bytes);

}  // namespace multiconn::rtmp
