#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <multiconn/origin.hpp>

#include "net/scheduler.hpp"
#include "origin/disk_thread.hpp"
#include "origin/stream_labels.hpp"
#include "origin/stream_registry.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::origin {

/// What the parts of one server share. Everything on the strand of `scheduler`.
struct ServerContext {
  ServerContext(OriginOptions given, net::Scheduler& on)
      : options(std::move(given)),
        scheduler(on),
        labels(options.show_names),
        streams(options.gop_bytes, labels) {
    limits.handshake_timeout = options.handshake_timeout;
  }

  void log(OriginLogLevel level, const std::string& line) const {
    if (options.log) options.log(level, line);
  }

  const OriginOptions options;
  rtmp::Limits limits;
  net::Scheduler& scheduler;
  StreamLabels labels;
  StreamRegistry streams;
  DiskThread disk;
};

}  // namespace multiconn::origin
