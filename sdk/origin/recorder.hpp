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
    /// Empty: the file is complete; else one sentence, and the file of before is as it was.
    std::string error;
    /// The ends of the names, ".broken-1.flv", under which what was recorded before the error is kept, and
    /// what was found of a server that was killed; empty: there was nothing.
    std::string kept, leftover;
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
  void post(std::function<bool(Shared&)> job);

  DiskThread& disk_;
  std::string lane_;  // one for each file, so that its next recording waits for the end of this one
  std::shared_ptr<Shared> shared_;
  bool gave_up_ = false;
  std::optional<std::uint32_t> newest_;
  std::int64_t elapsed_ms_ = 0;
};

}  // namespace multiconn::origin
