#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "origin/disk_thread.hpp"
#include "rtmp/message.hpp"

namespace multiconn::net {
class Scheduler;
}

namespace multiconn::origin {

/// Writes one broadcast into an FLV file, on the disk thread. Everything on the strand.
class Recorder {
 public:
  struct Outcome {
    std::string
        error;  ///< empty: the file is complete; else one sentence, and the file of before is as it was
  };
  /// `ended` comes once, as a task of the strand: after finish(), or when the disk fails. The Recorder may be
  /// gone by then.
  Recorder(DiskThread& disk, net::Scheduler& scheduler, std::filesystem::path target, bool append,
           std::function<void(Outcome)> ended);
  /// Finishes.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Audio, video or data; `frame`: neither configuration nor data, so that its time is to be believed.
  void write(const rtmp::OutMessage& message, bool frame);
  bool failed() const;

 private:
  struct Shared;
  std::uint32_t fileTime(std::uint32_t timestamp, bool frame);
  static void run(const std::shared_ptr<Shared>& shared, const std::function<std::string()>& step);

  DiskThread& disk_;
  std::shared_ptr<Shared> shared_;
  std::optional<std::uint32_t> newest_;
  std::int64_t elapsed_ms_ = 0;
};

}  // namespace multiconn::origin
