#include "media/video_converter.hpp"

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace multiconn::media {
namespace {

// The J formats are the same as those without, except that they say "full range" by their name.
AVPixelFormat withoutRange(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    default:
      return format;
  }
}

const int* coefficients(AVColorSpace space) {
  return sws_getCoefficients(space == AVCOL_SPC_UNSPECIFIED || space == AVCOL_SPC_RGB ? SWS_CS_DEFAULT
                                                                                      : space);
}

}  // namespace

FramePtr VideoConverter::convert(const AVFrame& frame) {
  const Form form = formOf(frame);
  FramePtr converted = newFrame();
  const bool same_size = frame.width == format_.width && frame.height == format_.height;
  if (same_size && form.format == AV_PIX_FMT_YUV420P && !form.full_range) {
    if (av_frame_ref(converted.get(), &frame) < 0) throw std::bad_alloc();
    return converted;
  }
  if (!scaler_ || form != input_) prepare(form);
  converted->format = AV_PIX_FMT_YUV420P;
  converted->width = format_.width;
  converted->height = format_.height;
  if (av_frame_get_buffer(converted.get(), 0) < 0) throw std::bad_alloc();
  sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, converted->data, converted->linesize);
  return converted;
}

VideoConverter::Form VideoConverter::formOf(const AVFrame& frame) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const AVPixelFormat plain = withoutRange(format);
  return {plain, plain != format || frame.color_range == AVCOL_RANGE_JPEG, frame.width, frame.height,
          frame.colorspace};
}

void VideoConverter::prepare(const Form& form) {
  input_ = form;
  scaler_.reset(allocated(sws_alloc_context()));
  // Ranges have to be known before sws_init_context(): it chooses among ways that cannot all convert them.
  const std::initializer_list<std::pair<const char*, int>> settings{{"srcw", form.width},
                                                                    {"srch", form.height},
                                                                    {"src_format", form.format},
                                                                    {"dstw", format_.width},
                                                                    {"dsth", format_.height},
                                                                    {"dst_format", AV_PIX_FMT_YUV420P},
                                                                    {"src_range", form.full_range ? 1 : 0},
                                                                    {"dst_range", 0},
                                                                    {"sws_flags", SWS_BICUBIC}};
  for (const auto& [name, value] : settings) (void)av_opt_set_int(scaler_.get(), name, value, 0);
  if (sws_isSupportedInput(form.format) == 0 || sws_init_context(scaler_.get(), nullptr, nullptr) < 0) {
    scaler_.reset();
    const char* name = av_get_pix_fmt_name(form.format);
    throw std::runtime_error(std::string("FFmpeg cannot convert pictures of the format ") +
                             (name != nullptr ? name : "unknown"));
  }
  constexpr int unchanged = 1 << 16;
  (void)sws_setColorspaceDetails(scaler_.get(), coefficients(form.color_space), form.full_range ? 1 : 0,
                                 coefficients(format_.color_space), 0, 0, unchanged, unchanged);
}

}  // namespace multiconn::media
