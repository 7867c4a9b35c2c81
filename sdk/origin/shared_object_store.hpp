#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "origin/shared_object_host.hpp"
#include "origin/status_report.hpp"

namespace multiconn::origin {

/// The shared objects of one application instance. Temporary and persistent ones have namespaces of their
/// own, as on Flash Media Server. An object lives while somebody is in it, holds it or is to see it saved.
/// Everything on the strand.
class SharedObjectStore {
 public:
  SharedObjectStore(SharedObjectServices& services, std::string scope);
  ~SharedObjectStore();
  SharedObjectStore(const SharedObjectStore&) = delete;
  SharedObjectStore& operator=(const SharedObjectStore&) = delete;

  enum class Asker : std::uint8_t { client, server };
  /// The object, made or read when it is not there. Null: the name is not fit for one, there are too many
  /// objects already (a client asks), or its file cannot be read.
  std::shared_ptr<SharedObjectHost> open(const std::string& name, bool persistent, Asker asker);

  std::vector<SharedObjectStatus> status() const;
  /// The instance ends.
  void finish();

 private:
  using Key = std::pair<std::string, bool>;

  bool load(SharedObjectHost& object, Asker asker);
  void dropLater(const Key& key);

  SharedObjectServices& services_;
  std::string scope_;
  std::map<Key, std::shared_ptr<SharedObjectHost>> objects_;
  std::size_t files_;  // persistent objects, on the disk or to be written there
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace multiconn::origin
