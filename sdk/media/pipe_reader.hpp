#pragma once

#include <memory>
#include <optional>
#include <string>

#include "media/ffmpeg.hpp"
#include "media/stop_signal.hpp"

namespace multiconn::media {

/// Bytes of a pipe for libavformat. Its own pipe and file protocols sit in read(2) and cannot be interrupted
/// there.
class PipeReader {
 public:
  /// The pipe `url` names: "-", "pipe:", "pipe:N", or the path of a FIFO. Nothing: it names none. Opening a
  /// FIFO waits for its writer. Throws std::system_error when it cannot be opened.
  static std::unique_ptr<PipeReader> open(const std::string& url, std::shared_ptr<StopSignal> stop);
  ~PipeReader();
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;

  AVIOContext* context() const { return context_; }

 private:
  PipeReader(int descriptor, bool owned, std::shared_ptr<StopSignal> stop);
  int read(std::uint8_t* buffer, int size) const;

  int descriptor_;
  bool owned_;
  std::shared_ptr<StopSignal> stop_;
  AVIOContext* context_ = nullptr;
};

}  // namespace multiconn::media
