#include <mutex>

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#include <multiconn/librtmp.hpp>

#include "librtmp/librtmp_link.hpp"
#include "net/link_factory.hpp"

namespace multiconn {
namespace {

std::unique_ptr<net::Link> makeLibrtmpLink(net::AsioScheduler& scheduler, net::LinkTarget target) {
  return std::make_unique<librtmp::LibrtmpLink>(scheduler, std::move(target));
}

// What librtmp keeps for the whole process is made here, on one thread, by its first RTMP_Init().
void prepareLibrary() {
  // It would write URLs and keys to standard error.
  RTMP_LogSetCallback([](int, const char*, va_list) {});
  RTMP_LogSetLevel(RTMP_LOGCRIT);
  RTMP* session = RTMP_Alloc();
  if (!session) return;
  RTMP_Init(session);
  RTMP_Free(session);
}

}  // namespace

void useLibrtmp() {
  static std::once_flag prepared;
  std::call_once(prepared, prepareLibrary);
  net::setLibrtmpEngine(makeLibrtmpLink);
}

}  // namespace multiconn
