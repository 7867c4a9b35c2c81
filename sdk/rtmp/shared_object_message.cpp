#include "rtmp/shared_object_message.hpp"

#include <span>
#include <utility>

#include "rtmp/amf0.hpp"

namespace multiconn::rtmp {
namespace {

using Kind = SharedObjectEvent::Kind;

constexpr std::uint32_t persistent_flag = 2;  // 0: temporary
constexpr std::size_t max_short_string = 0xFFFF;

/// Reads one body: u16 name, u32 version, u32 flags, u32 without a meaning, then the events.
class Parser {
 public:
  Parser(BytesView body, amf0::Format format, const Limits& limits)
      : body_(body), values_(body, limits, format) {}

  Result<SharedObjectMessage> parse();

 private:
  void readEvent(std::uint8_t kind, ByteReader in);
  SharedObjectEvent& add(Kind kind);
  std::string name(ByteReader& in);
  AmfBudget& budget() { return values_.budget(); }

  BytesView body_;
  amf0::Reader values_;
  SharedObjectMessage message_;
};

Error encodeEvent(const SharedObjectEvent& event, bool amf3, Bytes& out);

}  // namespace

Result<SharedObjectMessage> decodeSharedObject(BytesView body, bool amf3, const Limits& limits) {
  amf0::FormattedBody content{amf0::Format::amf0, body};
  if (amf3) {
    const auto split = amf0::splitFormatByte(body);
    if (!split) return Error::shared_object_malformed;
    content = *split;
  }
  auto message = Parser(content.body, content.format, limits).parse();
  if (message) message->amf3 = amf3;
  return message;
}

Error encodeSharedObject(const SharedObjectMessage& message, Bytes& out) {
  if (message.name.size() > max_short_string) return Error::amf_not_encodable;
  const std::size_t before = out.size();
  ByteWriter writer(out);
  if (message.amf3) writer.u8(static_cast<std::uint8_t>(amf0::Format::amf0));
  writer.u16(static_cast<std::uint32_t>(message.name.size())).text(message.name).u32(message.version);
  writer.u32(message.persistent ? persistent_flag : 0).u32(0);
  for (const SharedObjectEvent& event : message.events) {
    Bytes content;
    if (const Error error = encodeEvent(event, message.amf3, content); error != Error::none) {
      out.resize(before);
      return error;
    }
    writer.u8(static_cast<std::uint8_t>(event.kind)).u32(static_cast<std::uint32_t>(content.size()));
    writer.bytes(content);
  }
  return Error::none;
}

namespace {

Result<SharedObjectMessage> Parser::parse() {
  ByteReader in(body_);
  message_.name = name(in);
  message_.version = in.u32();
  message_.persistent = (in.u32() & persistent_flag) != 0;
  in.skip(4);
  while (in.ok() && !in.atEnd() && !budget().failed()) {
    const std::uint8_t kind = in.u8();
    const std::uint32_t length = in.u32();
    const BytesView content = in.take(length);
    if (in.ok()) readEvent(kind, ByteReader(content));
  }
  if (!in.ok()) return Error::shared_object_malformed;
  if (budget().failed()) return budget().error();
  return std::move(message_);
}

void Parser::readEvent(std::uint8_t number, ByteReader in) {
  const auto kind = static_cast<Kind>(number);
  switch (kind) {
    case Kind::use:
    case Kind::release:
    case Kind::clear:
    case Kind::use_success:
      add(kind);
      return;
    case Kind::request_change:
    case Kind::change:
      while (!in.atEnd() && !budget().failed()) {
        SharedObjectEvent& event = add(kind);
        event.name = name(in);
        event.value = values_.value(in);
      }
      return;
    case Kind::success:
    case Kind::remove:
    case Kind::request_remove:
      while (!in.atEnd() && !budget().failed()) add(kind).name = name(in);
      return;
    case Kind::send:
      add(kind).values = values_.values(in);
      return;
    case Kind::status: {
      SharedObjectEvent& event = add(kind);
      event.name = name(in);
      if (!in.atEnd()) event.level = name(in);
      return;
    }
  }
}

// A small event makes a large struct: they are counted like values.
SharedObjectEvent& Parser::add(Kind kind) {
  SharedObjectEvent& event = message_.events.emplace_back();
  event.kind = kind;
  if (message_.events.size() > budget().limits().amf_values) budget().fail(Error::amf_too_many_values);
  return event;
}

std::string Parser::name(ByteReader& in) {
  const std::size_t length = in.u16();
  const std::string_view text = in.text(length);
  if (!in.ok()) budget().fail(Error::shared_object_malformed);
  return budget().copy(text);
}

Error appendName(std::string_view name, Bytes& out) {
  if (name.size() > max_short_string) return Error::amf_not_encodable;
  ByteWriter(out).u16(static_cast<std::uint32_t>(name.size())).text(name);
  return Error::none;
}

Error appendValues(std::span<const AmfValue> values, bool amf3, Bytes& out) {
  return amf3 ? amf0::encodeWithAmf3(values, out) : amf0::encode(values, out);
}

Error encodeEvent(const SharedObjectEvent& event, bool amf3, Bytes& out) {
  Error error = Error::none;
  switch (event.kind) {
    case Kind::use:
    case Kind::release:
    case Kind::clear:
    case Kind::use_success:
      break;
    case Kind::request_change:
    case Kind::change:
      error = appendName(event.name, out);
      return error != Error::none ? error : appendValues({&event.value, 1}, amf3, out);
    case Kind::success:
    case Kind::remove:
    case Kind::request_remove:
      return appendName(event.name, out);
    case Kind::send:
      return appendValues(event.values, amf3, out);
    case Kind::status:
      error = appendName(event.name, out);
      return error != Error::none ? error : appendName(event.level, out);
  }
  return error;
}

}  // namespace
}  // namespace multiconn::rtmp
