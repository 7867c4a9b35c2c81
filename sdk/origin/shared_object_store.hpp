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

  /// The object, made or read when it is not there. `client`: who asks; null: the server itself, which no
  /// quota holds back. Null: the name is not fit for one, there are too many objects already, or its file
  /// cannot be read.
  std::shared_ptr<SharedObjectHost> open(const std::string& name, bool persistent,
                                         const CreationLedger::Maker* client);
  /// The client has gone.
  void left(std::uint64_t client) { services_.ledger.left(client); }

  /// Everything is on the disk, or need not be.
  bool saved() const;
  /// Something is not, and cannot be written now.
  bool failing() const;
  /// Saves what is left soon.
  void hurry();

  std::vector<SharedObjectStatus> status() const;
  /// The instance ends.
  void finish();

 private:
  using Key = std::pair<std::string, bool>;

  bool load(SharedObjectHost& object, const CreationLedger::Maker* client);
  void forget(const SharedObjectHost& object);
  void dropLater(const Key& key);

  SharedObjectServices& services_;
  std::string scope_;
  std::map<Key, std::shared_ptr<SharedObjectHost>> objects_;
  std::size_t files_;  // persistent objects: on the disk, to be written there, or in memory
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace multiconn::origin
