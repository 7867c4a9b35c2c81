#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/shared_object_message.hpp"

namespace multiconn::rtmp {

/// Message type ids (RTMP 1.0 5.4 and 7.1).
enum class MessageType : std::uint8_t {
  set_chunk_size = 1,
  abort = 2,
  acknowledgement = 3,
  user_control = 4,
  window_ack_size = 5,
  set_peer_bandwidth = 6,
  audio = 8,
  video = 9,
  data_amf3 = 15,
  shared_object_amf3 = 16,
  command_amf3 = 17,
  data_amf0 = 18,
  shared_object_amf0 = 19,
  command_amf0 = 20,
  aggregate = 22,
};

/// A complete message as the chunk layer delivers it.
struct RawMessage {
  std::uint8_t type = 0;
  std::uint32_t timestamp = 0;  ///< milliseconds, wraps at 2^32
  std::uint32_t stream_id = 0;
  Payload payload;
};

/// A message ready to be cut into chunks. Cheap to copy: the payload is shared.
struct OutMessage {
  MessageType type{};
  std::uint8_t chunk_stream = 3;  ///< 2..31: nginx-rtmp and MediaMTX take no others
  std::uint32_t timestamp = 0;
  std::uint32_t stream_id = 0;
  Payload payload;
};

// One struct per kind of message.
struct SetChunkSize {
  std::uint32_t size = 0;
};
struct Abort {
  std::uint32_t chunk_stream = 0;
};
struct Acknowledgement {
  std::uint32_t bytes = 0;  ///< received so far, wraps
};
struct WindowAckSize {
  std::uint32_t window = 0;
};
struct SetPeerBandwidth {
  enum class LimitType : std::uint8_t { hard, soft, dynamic };
  std::uint32_t window = 0;
  LimitType limit = LimitType::dynamic;
};
struct UserControl {
  enum class Event : std::uint16_t {
    stream_begin = 0,
    stream_eof = 1,
    stream_dry = 2,
    set_buffer_length = 3,
    stream_is_recorded = 4,
    ping_request = 6,
    ping_response = 7,
    buffer_empty = 31,
    buffer_ready = 32,
  };
  Event event{};                ///< may be a value without a name: ignore those
  std::uint32_t value = 0;      ///< message stream id, or the ping's time
  std::uint32_t buffer_ms = 0;  ///< set_buffer_length only
};
struct Command {
  std::string name;
  double transaction = 0;  ///< finite; 0 when the peer left it out: no answer is wanted
  AmfValue object;         ///< the command object; null for most
  std::vector<AmfValue> arguments;
  bool amf3 = false;  ///< type 17, in which AMF3 values may be: only where objectEncoding 3 was agreed upon
};
struct Data {
  std::vector<AmfValue> values;
  /// As received, for relaying it unchanged; empty in messages of our own. A type 15 message becomes type 18:
  /// its format byte is taken off, and its AMF3 values are written as AMF0 where that has them. `values` is
  /// empty when the body holds a type that AmfValue lacks.
  Payload body;
  bool amf3 = false;  ///< of our own: as type 15, in which AMF3 values may be; never set on receipt
};
struct Audio {
  Payload body;
};
struct Video {
  Payload body;
};
/// A type this library has no use for yet, or ever; surfaced, not swallowed.
struct Unknown {
  std::uint8_t type = 0;
  Payload body;
};

struct Message {
  std::uint32_t timestamp = 0;
  std::uint32_t stream_id = 0;
  std::variant<SetChunkSize, Abort, Acknowledgement, WindowAckSize, SetPeerBandwidth, UserControl, Command,
               Data, SharedObjectMessage, Audio, Video, Unknown>
      body;
};

/// Parses a message. Control messages with too short a body, and AMF data that does not parse, come back as
/// errors: the caller ignores the former and decides about the latter. An aggregate is not a message; see
/// splitAggregate().
Result<Message> decode(const RawMessage& raw, const Limits& limits);

/// The messages inside an aggregate (type 22), with the outer stream id and timestamps moved by the
/// difference of the outer timestamp and the first inner one. A missing last back pointer is accepted; nested
/// aggregates are an error.
Result<std::vector<RawMessage>> splitAggregate(const RawMessage& aggregate, const Limits& limits);

/// The chunk stream each kind of message travels on: control 2, commands 3, data and audio 4, video 6, stream
/// commands 5.
std::uint8_t chunkStreamFor(MessageType type, std::uint32_t stream_id);

/// Serialises. Values that AMF0, or AMF3 where the message may have it, cannot hold make the error
/// amf_not_encodable.
Result<OutMessage> encode(const Message& message);

/// Shorthand for what sessions send all the time.
/// Arguments that cannot be encoded are left out.
OutMessage command(std::uint32_t stream_id, std::string_view name, double transaction, AmfValue object,
                   std::vector<AmfValue> arguments = {}, bool amf3 = false);
OutMessage control(UserControl::Event event, std::uint32_t value, std::uint32_t buffer_ms = 0);

}  // namespace multiconn::rtmp
