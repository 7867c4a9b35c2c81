#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rtmp/shared_object_message.hpp"
#include "support/simulated_server.hpp"

namespace multiconn::test {

/// The shared objects of a SimulatedServer, as crtmpserver or Red5 has them: their orders of events and their
/// oddities, as recorded from running servers.
class SharedObjectServers {
 public:
  enum class Manner : std::uint8_t {
    crtmpserver,  ///< Clear, UseSuccess; persistence is ignored; null is a value; one release drops all
    red5,         ///< UseSuccess, Clear; BadPersistence; null removes; every Use is a version
    silent,       ///< ignores type 19, as nginx-rtmp does
    closing,      ///< closes on it, as MediaMTX does
  };
  explicit SharedObjectServers(Manner manner) : manner_(manner) {}

  /// What a Script's on_shared_object has to call. `server` is the one it is for.
  void received(SimulatedServer& server, ConnectionNumber from, const rtmp::SharedObjectMessage& message);

  // A viewer at this server, whom nobody sees.
  void set(const std::string& object, const std::string& slot, AmfValue value);
  void remove(const std::string& object, const std::string& slot);
  void clear(const std::string& object);
  void send(const std::string& object, std::vector<AmfValue> values);
  void forget() { objects_.clear(); }

  AmfValue value(const std::string& object, const std::string& slot) const;
  std::size_t users(const std::string& object) const;

  std::map<std::string, std::string> refuse;  ///< Use of these objects, with this code
  bool denies_writes = false;
  std::vector<std::string> log;  ///< "2 chat x=1": the connection, the object and the events, as they came
  std::vector<net::TimePoint> arrivals;  ///< of `log`; filled in when `loop` is set
  SimulatedLoop* loop = nullptr;

 private:
  struct Object {
    std::map<std::string, AmfValue> slots;
    std::set<ConnectionNumber> users;
    std::uint32_t version = 0;
    bool persistent = false;
  };
  using Event = rtmp::SharedObjectEvent;

  void use(ConnectionNumber from, const rtmp::SharedObjectMessage& message);
  void release(ConnectionNumber from, const std::string& name);
  void write(ConnectionNumber from, const std::string& name, Event event);
  void tell(const std::string& name, ConnectionNumber to, std::vector<Event> events);
  void tellAll(const std::string& name, const Event& event, ConnectionNumber except = 0);

  Manner manner_;
  SimulatedServer* server_ = nullptr;
  std::map<std::string, Object> objects_;
};

}  // namespace multiconn::test
