#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "origin/shared_object_data.hpp"

namespace multiconn::origin {

class ServerDoor;
class SharedObjectHost;

/// What a HostedObject and its copies stand for. Holds the object while it lives.
class ObjectHandle {
 public:
  /// On the strand.
  ObjectHandle(std::shared_ptr<ServerDoor> door, const std::shared_ptr<SharedObjectHost>& host);
  ~ObjectHandle();
  ObjectHandle(const ObjectHandle&) = delete;
  ObjectHandle& operator=(const ObjectHandle&) = delete;

  const std::string& name() const { return name_; }
  bool persistent() const { return persistent_; }
  const SharedObjectData& data() const { return *data_; }
  /// What it is called as a holder of the object.
  std::uint64_t id() const { return id_; }
  /// Calls it with the object: at once on the server's thread, else as a task; not once the object has gone.
  template <typename Action>
  void with(Action action) const;

 private:
  std::shared_ptr<ServerDoor> door_;
  std::weak_ptr<SharedObjectHost> host_;
  std::uint64_t id_;
  std::string name_;
  bool persistent_;
  std::shared_ptr<const SharedObjectData> data_;
};

}  // namespace multiconn::origin
