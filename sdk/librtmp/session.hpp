#pragma once

#include <memory>

#include <librtmp/rtmp.h>

namespace multiconn::librtmp {

struct CloseSession {
  void operator()(RTMP* session) const {
    RTMP_Close(session);
    RTMP_Free(session);
  }
};
/// Owns librtmp's session, and the socket in it.
using Session = std::unique_ptr<RTMP, CloseSession>;

}  // namespace multiconn::librtmp
