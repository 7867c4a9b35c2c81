#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::rtmp {

/// One event of a shared object message. Which fields it has depends on its kind.
struct SharedObjectEvent {
  /// RTMP 1.0 7.1.3, with the numbers that servers use.
  enum class Kind : std::uint8_t {
    use = 1,              ///< client: subscribe
    release = 2,          ///< client: unsubscribe
    request_change = 3,   ///< client: name, value
    change = 4,           ///< server: name, value
    success = 5,          ///< server, to the author: name
    send = 6,             ///< both: values, the first of which names the handler
    status = 7,           ///< server: name is the status code, level its level
    clear = 8,            ///< server
    remove = 9,           ///< server: name
    request_remove = 10,  ///< client: name
    use_success = 11,     ///< server
  };
  Kind kind{};
  std::string name{};
  AmfValue value{};
  std::string level{};
  std::vector<AmfValue> values{};
  bool operator==(const SharedObjectEvent&) const = default;
};

/// A message of type 19, or of type 16, whose body has a format byte in front and may hold AMF3 values.
struct SharedObjectMessage {
  std::string name;
  std::uint32_t version = 0;  ///< client: the one it last saw; server: the one after the events
  bool persistent = false;
  bool amf3 = false;  ///< type 16
  std::vector<SharedObjectEvent> events;
  bool operator==(const SharedObjectMessage&) const = default;
};

/// A Change or Request Change that holds several pairs becomes several events. Events of unknown kinds are
/// left out; an event whose content does not parse is an error. `amf3`: of type 16; `body` has its format
/// byte, 0 or Red5's 3.
Result<SharedObjectMessage> decodeSharedObject(BytesView body, bool amf3, const Limits& limits);
/// Appends the body, format byte included. One pair per event. Fails, and appends nothing, for names above
/// 65535 bytes and values that cannot be encoded.
Error encodeSharedObject(const SharedObjectMessage& message, Bytes& out);

/// Whether a name is fit for a shared object: not empty, at most Limits::max_name bytes, no control
/// character, none of space ~ % & \ ; : " ' , < > ? #, and not a command of RTMP: nginx-rtmp looks the name
/// up in its table of commands.
bool isSharedObjectName(std::string_view name, const Limits& limits);
/// NetConnection and NetStream commands, and what servers call: not for methods of applications.
bool isReservedName(std::string_view name);

}  // namespace multiconn::rtmp
