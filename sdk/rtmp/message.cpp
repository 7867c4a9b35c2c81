#include "rtmp/message.hpp"

#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "rtmp/amf0.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::size_t max_message_length = 0xFFFFFF;  // RTMP 1.0 5.3.1.2: the length field has 24 bits

using Body = decltype(Message::body);

Result<Body> decodeNumber(const RawMessage& raw);
Result<Body> decodePeerBandwidth(BytesView body);
Result<Body> decodeUserControl(BytesView body);
Result<Body> decodeCommand(BytesView body, const Limits& limits);
Result<Body> decodeCommand(Result<std::vector<AmfValue>> values);
Result<Body> decodeCommandAmf3(BytesView body, const Limits& limits);
Result<Body> decodeData(Payload payload, const Limits& limits);
Result<Body> decodeDataAmf3(BytesView body, const Limits& limits);
Result<Body> decodeSharedObjectBody(BytesView body, bool amf3, const Limits& limits);
Result<Body> decodeBody(const RawMessage& raw, const Limits& limits);
bool isControl(MessageType type);

}  // namespace

Result<Message> decode(const RawMessage& raw, const Limits& limits) {
  auto body = decodeBody(raw, limits);
  if (!body) return body.error();
  return Message{raw.timestamp, raw.stream_id, std::move(*body)};
}

std::uint8_t chunkStreamFor(MessageType type, std::uint32_t stream_id) {
  if (isControl(type)) return 2;
  switch (type) {
    case MessageType::audio:
    case MessageType::data_amf0:
    case MessageType::data_amf3:
      return 4;
    case MessageType::video:
    case MessageType::aggregate:
      return 6;
    default:
      return stream_id == 0 ? 3 : 5;
  }
}

namespace {

BytesView view(const Payload& payload) {
  return payload ? BytesView(*payload) : BytesView();
}

bool isControl(MessageType type) {
  return type <= MessageType::set_peer_bandwidth;
}

Result<Body> decodeBody(const RawMessage& raw, const Limits& limits) {
  const BytesView body = view(raw.payload);
  switch (static_cast<MessageType>(raw.type)) {
    case MessageType::set_chunk_size:
    case MessageType::abort:
    case MessageType::acknowledgement:
    case MessageType::window_ack_size:
      return decodeNumber(raw);
    case MessageType::set_peer_bandwidth:
      return decodePeerBandwidth(body);
    case MessageType::user_control:
      return decodeUserControl(body);
    case MessageType::audio:
      return Body(Audio{raw.payload});
    case MessageType::video:
      return Body(Video{raw.payload});
    case MessageType::command_amf0:
      return decodeCommand(body, limits);
    case MessageType::command_amf3:
      return decodeCommandAmf3(body, limits);
    case MessageType::data_amf0:
      return decodeData(raw.payload, limits);
    case MessageType::data_amf3:
      return decodeDataAmf3(body, limits);
    case MessageType::shared_object_amf0:
      return decodeSharedObjectBody(body, false, limits);
    case MessageType::shared_object_amf3:
      return decodeSharedObjectBody(body, true, limits);
    default:
      return Body(Unknown{raw.type, raw.payload});
  }
}

Result<Body> decodeSharedObjectBody(BytesView body, bool amf3, const Limits& limits) {
  auto message = decodeSharedObject(body, amf3, limits);
  if (!message) return message.error();
  return Body(std::move(*message));
}

Result<Body> decodeNumber(const RawMessage& raw) {
  ByteReader reader(view(raw.payload));
  const std::uint32_t value = reader.u32();
  if (!reader.ok()) return Error::command_malformed;
  switch (static_cast<MessageType>(raw.type)) {
    case MessageType::set_chunk_size:
      return Body(SetChunkSize{value});
    case MessageType::abort:
      return Body(Abort{value});
    case MessageType::acknowledgement:
      return Body(Acknowledgement{value});
    default:
      return Body(WindowAckSize{value});
  }
}

Result<Body> decodePeerBandwidth(BytesView body) {
  ByteReader reader(body);
  const std::uint32_t window = reader.u32();
  const std::uint8_t limit = reader.u8();
  if (!reader.ok()) return Error::command_malformed;
  using LimitType = SetPeerBandwidth::LimitType;
  return Body(SetPeerBandwidth{window, limit <= 2 ? static_cast<LimitType>(limit) : LimitType::dynamic});
}

bool isKnown(UserControl::Event event) {
  using Event = UserControl::Event;
  switch (event) {
    case Event::stream_begin:
    case Event::stream_eof:
    case Event::stream_dry:
    case Event::set_buffer_length:
    case Event::stream_is_recorded:
    case Event::ping_request:
    case Event::ping_response:
    case Event::buffer_empty:
    case Event::buffer_ready:
      return true;
  }
  return false;
}

// Events without a name have bodies of any length (a SWF verification request has none): their value is 0.
Result<Body> decodeUserControl(BytesView body) {
  ByteReader reader(body);
  UserControl control{static_cast<UserControl::Event>(reader.u16())};
  if (!reader.ok()) return Error::command_malformed;
  if (!isKnown(control.event)) return Body(control);
  control.value = reader.u32();
  if (control.event == UserControl::Event::set_buffer_length) control.buffer_ms = reader.u32();
  if (!reader.ok()) return Error::command_malformed;
  return Body(control);
}

Result<Body> decodeCommand(BytesView body, const Limits& limits) {
  return decodeCommand(amf0::decode(body, limits));
}

Result<Body> decodeCommandAmf3(BytesView body, const Limits& limits) {
  const auto content = amf0::splitFormatByte(body);
  if (!content) return Error::command_malformed;
  auto command = decodeCommand(amf0::decode(content->body, limits, content->format));
  if (command) std::get_if<Command>(&*command)->amf3 = true;
  return command;
}

// ffmpeg's listener sends a bare "onFCPublish", and other peers leave out the transaction id or make it
// something that is no number: such a command has transaction 0, which asks for no answer. NaN must not
// become a key of any table.
Result<Body> decodeCommand(Result<std::vector<AmfValue>> values) {
  if (!values) return values.error();
  if (values->empty() || !values->front().string()) return Error::command_malformed;

  Command command{*values->front().string(), 0, nullptr, {}};
  std::size_t next = 1;
  if (next < values->size()) {
    if (const double* transaction = (*values)[next].number()) {
      if (std::isfinite(*transaction)) command.transaction = *transaction;
      ++next;
    }
  }
  if (next < values->size()) command.object = std::move((*values)[next++]);
  for (; next < values->size(); ++next) command.arguments.push_back(std::move((*values)[next]));
  return Body(std::move(command));
}

// A value we have no type for (externalizable objects and other markers) does not hinder relaying: the data
// comes without values.
Result<Body> decodeData(Payload payload, const Limits& limits) {
  auto values = amf0::decode(view(payload), limits);
  if (values) return Body(Data{std::move(*values), std::move(payload)});
  if (values.error() == Error::amf_unsupported_marker) return Body(Data{{}, std::move(payload)});
  return values.error();
}

// Most players read AMF0 alone. What AMF0 has no form for stays AMF3, behind its marker.
Result<Body> decodeDataAmf3(BytesView body, const Limits& limits) {
  const auto content = amf0::splitFormatByte(body);
  if (!content) return Error::command_malformed;
  const bool valid_as_type_18 = content->format == amf0::Format::amf0;
  const auto as_received = [&] { return makePayload(Bytes(content->body.begin(), content->body.end())); };
  amf0::Reader reader(content->body, limits, content->format);
  ByteReader in(content->body);
  auto values = reader.values(in);
  if (const Error error = reader.budget().error(); error != Error::none) {
    if (error != Error::amf_unsupported_marker || !valid_as_type_18) return error;
    return Body(Data{{}, as_received()});
  }
  if (!reader.sawAmf3()) return Body(Data{std::move(values), as_received()});
  Bytes bytes;
  Error error = amf0::encode(values, bytes);
  if (error != Error::none) error = amf0::encodeWithAmf3(values, bytes);
  if (error != Error::none && !valid_as_type_18) return error;
  return Body(Data{std::move(values), error == Error::none ? makePayload(std::move(bytes)) : as_received()});
}

bool mayBeAggregated(std::uint8_t type) {
  switch (static_cast<MessageType>(type)) {
    case MessageType::audio:
    case MessageType::video:
    case MessageType::data_amf0:
    case MessageType::data_amf3:
      return true;
    default:
      return false;
  }
}

}  // namespace

// RTMP 1.0 7.1.6, with each part laid out like an FLV tag. Parts of types that FLV does not have are left
// out.
Result<std::vector<RawMessage>> splitAggregate(const RawMessage& aggregate, const Limits& limits) {
  std::vector<RawMessage> parts;
  ByteReader reader(view(aggregate.payload));
  std::optional<std::uint32_t> shift;
  for (std::size_t count = 0; !reader.atEnd(); ++count) {
    if (count == limits.max_aggregate_parts) return Error::media_malformed;
    const std::uint8_t type = reader.u8();
    const std::uint32_t length = reader.u24();
    const std::uint32_t low = reader.u24();
    const std::uint32_t time = static_cast<std::uint32_t>(reader.u8()) << 24 | low;
    reader.skip(3);  // stream id: the aggregate's own counts
    const BytesView body = reader.take(length);
    if (!reader.ok()) return Error::media_truncated;
    if (reader.remaining() < 4)
      reader.skip(reader.remaining());
    else
      reader.skip(4);  // back pointer

    if (static_cast<MessageType>(type) == MessageType::aggregate) return Error::media_malformed;
    if (!shift) shift = aggregate.timestamp - time;
    if (!mayBeAggregated(type)) continue;
    parts.push_back({type, time + *shift, aggregate.stream_id, makePayload(Bytes(body.begin(), body.end()))});
  }
  return parts;
}

namespace {

Bytes numberBody(std::uint32_t value) {
  Bytes bytes;
  ByteWriter(bytes).u32(value);
  return bytes;
}

/// Type and body of each kind of message.
struct Encoder {
  using Encoded = std::pair<MessageType, Payload>;
  using Answer = Result<Encoded>;

  static Answer number(MessageType type, std::uint32_t value) {
    return Encoded{type, makePayload(numberBody(value))};
  }

  Answer operator()(const SetChunkSize& m) const { return number(MessageType::set_chunk_size, m.size); }
  Answer operator()(const Abort& m) const { return number(MessageType::abort, m.chunk_stream); }
  Answer operator()(const Acknowledgement& m) const { return number(MessageType::acknowledgement, m.bytes); }
  Answer operator()(const WindowAckSize& m) const { return number(MessageType::window_ack_size, m.window); }
  Answer operator()(const SetPeerBandwidth& m) const {
    Bytes bytes;
    ByteWriter(bytes).u32(m.window).u8(static_cast<std::uint8_t>(m.limit));
    return Encoded{MessageType::set_peer_bandwidth, makePayload(std::move(bytes))};
  }
  Answer operator()(const UserControl& m) const {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.u16(static_cast<std::uint16_t>(m.event)).u32(m.value);
    if (m.event == UserControl::Event::set_buffer_length) writer.u32(m.buffer_ms);
    return Encoded{MessageType::user_control, makePayload(std::move(bytes))};
  }
  static Answer values(MessageType type, bool amf3, std::span<const AmfValue> values) {
    Bytes bytes;
    if (amf3) ByteWriter(bytes).u8(static_cast<std::uint8_t>(amf0::Format::amf0));
    const Error error = amf3 ? amf0::encodeWithAmf3(values, bytes) : amf0::encode(values, bytes);
    if (error != Error::none) return error;
    return Encoded{type, makePayload(std::move(bytes))};
  }

  Answer operator()(const Command& m) const {
    std::vector<AmfValue> content{m.name, m.transaction, m.object};
    content.insert(content.end(), m.arguments.begin(), m.arguments.end());
    return values(m.amf3 ? MessageType::command_amf3 : MessageType::command_amf0, m.amf3, content);
  }
  Answer operator()(const Data& m) const {
    if (m.body) return Encoded{MessageType::data_amf0, m.body};
    return values(m.amf3 ? MessageType::data_amf3 : MessageType::data_amf0, m.amf3, m.values);
  }
  Answer operator()(const SharedObjectMessage& m) const {
    Bytes bytes;
    if (const Error error = encodeSharedObject(m, bytes); error != Error::none) return error;
    return Encoded{m.amf3 ? MessageType::shared_object_amf3 : MessageType::shared_object_amf0,
                   makePayload(std::move(bytes))};
  }
  Answer operator()(const Audio& m) const { return Encoded{MessageType::audio, m.body}; }
  Answer operator()(const Video& m) const { return Encoded{MessageType::video, m.body}; }
  Answer operator()(const Unknown& m) const { return Encoded{static_cast<MessageType>(m.type), m.body}; }
};

}  // namespace

Result<OutMessage> encode(const Message& message) {
  auto encoded = std::visit(Encoder{}, message.body);
  if (!encoded) return encoded.error();
  auto& [type, payload] = *encoded;
  if (!payload) payload = makePayload({});
  if (payload->size() > max_message_length) return Error::message_too_large;
  // RTMP 1.0 5.4: control messages travel on message stream 0, and their timestamps are ignored.
  const bool of_connection = isControl(type);
  const std::uint32_t stream_id = of_connection ? 0 : message.stream_id;
  return OutMessage{type, chunkStreamFor(type, stream_id), of_connection ? 0 : message.timestamp, stream_id,
                    std::move(payload)};
}

OutMessage command(std::uint32_t stream_id, std::string_view name, double transaction, AmfValue object,
                   std::vector<AmfValue> arguments, bool amf3) {
  Command content{std::string(name), transaction, std::move(object), std::move(arguments), amf3};
  if (auto message = encode({0, stream_id, content})) return std::move(*message);
  // The call itself must be answered all the same.
  return *encode({0, stream_id, Command{std::move(content.name), transaction, nullptr, {}, amf3}});
}

OutMessage control(UserControl::Event event, std::uint32_t value, std::uint32_t buffer_ms) {
  return *encode({0, 0, UserControl{event, value, buffer_ms}});
}

}  // namespace multiconn::rtmp
