#include "media/device_quiet.hpp"

#include <dlfcn.h>

#include "media/ffmpeg.hpp"

namespace multiconn::media {
namespace {

using AlsaErrorHandler = void (*)(const char* file, int line, const char* function, int error,
                                  const char* format, ...);
void ignoreAlsaError(const char*, int, const char*, int, const char*, ...) {}

// libasound is there if libavdevice was built with it; nothing else here needs it.
void quietAlsa() {
  using Setter = int (*)(AlsaErrorHandler);
  if (const auto set = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "snd_lib_error_set_handler")))
    set(ignoreAlsaError);
}

}  // namespace

void quietDevices() {
  static const bool quiet = [] {
    const bool chosen = av_log_get_level() != AV_LOG_INFO && av_log_get_level() != AV_LOG_FATAL;
    if (!chosen) quietAlsa();
    return !chosen;
  }();
  if (quiet) quietLog();
}

}  // namespace multiconn::media
