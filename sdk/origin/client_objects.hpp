#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "origin/shared_object_host.hpp"
#include "rtmp/shared_object_message.hpp"

namespace multiconn::origin {

class SharedObjectStore;

/// The shared objects that one client is in. Everything on the strand.
class ClientObjects {
 public:
  /// What the application says. Asked in the middle of a message: whatever it does then must not end the
  /// client at once.
  class Access {
   public:
    virtual ~Access() = default;
    virtual bool mayRead(const std::string& object) = 0;
    virtual bool mayWrite(const std::string& object, const std::string& slot) = 0;
  };

  ClientObjects(SharedObjectStore& store, const OriginQuotas& quotas, SharedObjectSubscriber& client,
                Access& access)
      : store_(store), quotas_(quotas), client_(client), access_(access) {}
  ~ClientObjects() { leaveAll(); }
  ClientObjects(const ClientObjects&) = delete;
  ClientObjects& operator=(const ClientObjects&) = delete;

  /// Does what a message of the client asks for, event by event.
  void receive(const rtmp::SharedObjectMessage& message);
  void leaveAll();

 private:
  using Key = std::pair<std::string, bool>;  // the name; persistent

  /// Empty, or the code of the status that says why not.
  std::string_view join(const Key& key);
  void leave(const Key& key);
  /// False: refused.
  bool write(SharedObjectHost& object, const rtmp::SharedObjectEvent& event);
  void tell(const Key& key, std::string_view code);

  SharedObjectStore& store_;
  const OriginQuotas& quotas_;
  SharedObjectSubscriber& client_;
  Access& access_;
  std::map<Key, std::shared_ptr<SharedObjectHost>> joined_;
};

}  // namespace multiconn::origin
