#include <multiconn/frame.hpp>

namespace multiconn {

const char* name(Codec codec) {
  switch (codec) {
    case Codec::h264:
      return "h264";
    case Codec::aac:
      return "aac";
    case Codec::mp3:
      return "mp3";
    case Codec::hevc:
      return "hevc";
    case Codec::av1:
      return "av1";
    case Codec::vp8:
      return "vp8";
    case Codec::vp9:
      return "vp9";
    case Codec::opus:
      return "opus";
    case Codec::flac:
      return "flac";
    case Codec::ac3:
      return "ac3";
    case Codec::eac3:
      return "eac3";
  }
  return "unknown";
}

}  // namespace multiconn
