#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "origin/shared_object_file.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::net {
class Scheduler;
}

namespace multiconn::origin {

class DiskThread;

/// Writes a file aside, and gives it its name when all of it is on the disk: whatever ends us in between, the
/// file of before is as it was. Makes the folder. Returns an empty text, or one sentence that says what went
/// wrong.
std::string replaceFile(const std::filesystem::path& file, rtmp::BytesView bytes);

/// Removes a file, for certain once this has returned; none there is as good. Returns as replaceFile() does.
std::string removeFile(const std::filesystem::path& file);

/// The files of all persistent shared objects of one server. Everything on the strand.
class SharedObjectDisk {
 public:
  using Writer = std::function<std::string(const std::filesystem::path&, rtmp::BytesView)>;
  /// An empty `data_dir`: nothing is saved, and nothing is found.
  SharedObjectDisk(DiskThread& disk, net::Scheduler& scheduler, std::filesystem::path data_dir,
                   Writer writer = replaceFile);

  bool enabled() const { return !data_dir_.empty(); }

  struct Loaded {
    std::optional<SharedObjectContent> content;  ///< nothing: there is no such file, or see error
    std::string error;     ///< it is there and cannot be read: one sentence. It must not be overwritten.
    std::string notice;    ///< it was broken and has been set aside: one sentence
    bool pending = false;  ///< this is still on its way to the disk, and may not get there
  };
  /// What was saved last, also while that is still on its way to the disk. Reads on the strand: an object is
  /// small.
  Loaded load(const std::string& scope, const std::string& name);
  /// How many objects of an instance have files, or will have when what is on its way has arrived.
  std::size_t count(const std::string& scope) const;
  /// Without content the file is removed, and the folders that have become empty over it.
  /// `done` comes as a task of the strand, with an empty text or one sentence that says what went wrong.
  /// Files of one name are written in the order of the calls.
  void save(const std::string& scope, const std::string& name, rtmp::Bytes content,
            std::function<void(const std::string& error)> done);

 private:
  struct Pending {
    std::uint64_t number = 0;
    rtmp::Payload content;
  };
  std::filesystem::path fileOf(const std::string& scope, const std::string& name) const;
  Loaded read(const std::filesystem::path& file, const std::string& name) const;
  std::string write(const std::filesystem::path& file, rtmp::BytesView content) const;
  void saved(const std::string& file, std::uint64_t number);

  DiskThread& disk_;
  net::Scheduler& scheduler_;
  std::filesystem::path data_dir_;
  Writer writer_;
  std::map<std::string, Pending> pending_;  // by file: what is on its way
  std::uint64_t saves_ = 0;
};

}  // namespace multiconn::origin
