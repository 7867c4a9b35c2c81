#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "origin/file_descriptor.hpp"
#include "origin/flv_file.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::origin {

/// An FLV file that is being written aside, as NAME.flv.part, and takes its name only when it is whole:
/// whatever ends us in between, the file of before is as it was, and what was recorded is kept as
/// NAME.broken-<n>.flv. Methods return an empty text, or one sentence that says what went wrong, after which
/// only keepAside() may follow. Blocks on the disk.
class RecordingFile {
 public:
  /// `append`: begins with a copy of the file that is there, and its times go on behind the last one.
  RecordingFile(std::filesystem::path target, bool append) : target_(std::move(target)), append_(append) {}
  /// Keeps aside what was not finished.
  ~RecordingFile() { keepAside(); }
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  std::string open();
  /// After open() to append: nothing may be written yet, copyOn() has to be called until this is false.
  bool copying() const { return old_.has_value(); }
  /// About a megabyte's work.
  std::string copyOn();
  /// `time_ms` since the recording began.
  std::string write(std::uint8_t type, std::uint32_t time_ms, rtmp::BytesView body);
  std::string finish();
  /// Cuts what was not finished behind its last whole tag and gives it a name of its own, which nothing has
  /// yet. Returns that name's end, ".broken-1.flv"; empty when nothing was recorded, or nothing can be kept.
  std::string keepAside();
  /// The same for what a server that was killed left here, kept by open().
  const std::string& leftover() const { return leftover_; }

 private:
  /// The file to append to: first its last whole tag is looked for, then everything up to there is copied.
  struct Old {
    FlvFile file;
    std::uint64_t end = 0;  // behind the last whole tag found so far
    bool measured = false;
    std::array<std::uint32_t, 32> last_times{};  // by type
  };
  std::string keepLeftover();
  void measure(Old& old);
  std::string flush();
  std::size_t writeAll(rtmp::BytesView bytes);

  std::filesystem::path target_, part_;
  std::string leftover_;
  bool append_;
  bool unfinished_ = false;
  FileDescriptor file_;
  std::optional<Old> old_;   // until it is copied
  std::uint64_t begin_ = 0;  // of what this recording adds
  std::uint64_t size_ = 0;   // whole tags
  rtmp::Bytes buffer_;       // what comes behind them
  std::uint32_t offset_ms_ = 0;
  std::byte present_{};  // what the file header says about audio and video (FLV 10.1 E.2)
};

}  // namespace multiconn::origin
