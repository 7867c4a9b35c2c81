#include "media/stop_signal.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace multiconn::media {

StopSignal::StopSignal() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

StopSignal::~StopSignal() {
  if (descriptor_ >= 0) close(descriptor_);
}

void StopSignal::set() {
  set_ = true;
  const eventfd_t one = 1;
  if (descriptor_ >= 0) (void)eventfd_write(descriptor_, one);
}

}  // namespace multiconn::media
