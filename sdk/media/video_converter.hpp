#pragma once

#include <memory>

extern "C" {
#include <libswscale/swscale.h>
}

#include "media/encode_format.hpp"
#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// Pictures of any size and pixel format to one size in 4:2:0 with 8 bits.
class VideoConverter {
 public:
  explicit VideoConverter(const VideoFormat& format) : format_(format) {}

  /// A reference to `frame` itself if it is in that form already. Throws std::runtime_error for a form that
  /// libswscale does not read.
  FramePtr convert(const AVFrame& frame);

 private:
  struct FreeScaler {
    void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
  };
  struct Form {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    bool full_range = false;
    int width = 0;
    int height = 0;
    AVColorSpace color_space = AVCOL_SPC_UNSPECIFIED;
    bool operator==(const Form&) const = default;
  };
  static Form formOf(const AVFrame& frame);
  void prepare(const Form& form);

  const VideoFormat format_;
  Form input_;
  std::unique_ptr<SwsContext, FreeScaler> scaler_;
};

}  // namespace multiconn::media
