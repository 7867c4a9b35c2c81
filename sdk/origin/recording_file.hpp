#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "origin/file_descriptor.hpp"
#include "origin/flv_file.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::origin {

/// An FLV file that is being written aside, as NAME.flv.part, and takes its name only when it is whole:
/// whatever ends us in between, the file of before is as it was. Methods return an empty text, or one
/// sentence that says what went wrong, after which nothing but the destructor may follow. Blocks on the disk.
class RecordingFile {
 public:
  /// `append`: begins with a copy of the file that is there, and its times go on behind the last one.
  RecordingFile(std::filesystem::path target, bool append) : target_(std::move(target)), append_(append) {}
  /// Removes what was not finished.
  ~RecordingFile();
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  std::string open();
  /// `time_ms` since the recording began.
  std::string write(std::uint8_t type, std::uint32_t time_ms, rtmp::BytesView body);
  std::string finish();

 private:
  std::string copyOld(const FlvFile& old);
  std::string flush();
  std::string writeAll(rtmp::BytesView bytes);

  std::filesystem::path target_, part_;
  bool append_;
  bool unfinished_ = false;
  FileDescriptor file_;
  rtmp::Bytes buffer_;
  std::uint32_t offset_ms_ = 0;
  std::byte present_{};  // what the file header says about audio and video (FLV 10.1 E.2)
};

}  // namespace multiconn::origin
