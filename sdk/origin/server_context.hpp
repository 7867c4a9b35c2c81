#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <multiconn/origin.hpp>

#include "net/scheduler.hpp"
#include "origin/application_directory.hpp"
#include "origin/disk_thread.hpp"
#include "origin/publisher_login.hpp"
#include "origin/server_door.hpp"
#include "origin/shared_object_disk.hpp"
#include "origin/shared_object_host.hpp"
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
        streams(options.gop_bytes, labels),
        door(std::make_shared<ServerDoor>(on)),
        login(options.publishers),
        object_disk(disk, on, options.data_dir),
        objects{on, object_disk, options.quotas, options.save_interval,
                [this](OriginLogLevel level, const std::string& line) { log(level, line); }},
        applications(*this) {
    limits.handshake_timeout = options.handshake_timeout;
  }

  void log(OriginLogLevel level, const std::string& line) const {
    if (!options.log) return;
    try {
      options.log(level, line);
    } catch (...) {
      // There is nowhere else to say so.
    }
  }

  const OriginOptions options;
  rtmp::Limits limits;
  net::Scheduler& scheduler;
  StreamLabels labels;
  StreamRegistry streams;
  std::shared_ptr<ServerDoor> door;
  PublisherLogin login;
  DiskThread disk;
  SharedObjectDisk object_disk;
  SharedObjectServices objects;
  ApplicationDirectory applications;
  std::uint64_t last_client = 0;  // its id
};

}  // namespace multiconn::origin
