#include "rtmp/amf0.hpp"

#include <string>
#include <utility>

namespace multiconn::rtmp::amf0 {

AmfValue Reader::value(ByteReader& in, std::size_t depth) {
  budget_.chargeValue();
  if (in.atEnd()) budget_.fail(Error::amf_truncated);
  if (budget_.failed()) return {};
  AmfValue result;
  const auto marker = static_cast<Marker>(in.u8());
  switch (marker) {
    case Marker::number:
      result = in.f64();
      break;
    case Marker::boolean:
      result = in.u8() != 0;
      break;
    case Marker::string:
      result = text(in, in.u16());
      break;
    case Marker::object:
    case Marker::ecma_array:
    case Marker::typed_object:
    case Marker::strict_array:
      return container(marker, in, depth);
    case Marker::null:
      result = AmfValue::Null{};
      break;
    case Marker::undefined:
      break;
    case Marker::reference:
      return reference(in, depth);
    case Marker::date: {
      const double milliseconds = in.f64();
      result = AmfValue::Date{milliseconds, static_cast<std::int16_t>(in.u16())};
      break;
    }
    case Marker::long_string:
      result = text(in, in.u32());
      break;
    case Marker::unsupported:
      result = AmfValue::Unsupported{};
      break;
    case Marker::xml_document:
      result = AmfValue::Xml{text(in, in.u32())};
      break;
    case Marker::avm_plus:
      saw_amf3_ = true;
      return amf3_.value(in, depth);
    case Marker::movie_clip:
    case Marker::record_set:
      budget_.fail(Error::amf_unsupported_marker);
      break;
    case Marker::object_end:
    default:
      budget_.fail(Error::amf_unknown_marker);
      break;
  }
  if (!in.ok()) budget_.fail(Error::amf_truncated);
  return result;
}

AmfValue Reader::container(Marker marker, ByteReader& in, std::size_t depth) {
  budget_.enter(depth);
  if (budget_.failed()) return {};
  const auto entered = objects_.begin(positionIn(body_, in) - 1);
  AmfValue result =
      marker == Marker::strict_array ? strictArray(in, depth + 1) : object(marker, in, depth + 1);
  if (entered && !budget_.failed()) objects_.end(*entered, positionIn(body_, in));
  return result;
}

AmfValue Reader::object(Marker marker, ByteReader& in, std::size_t depth) {
  AmfObject result;
  if (marker == Marker::typed_object) result.className(text(in, in.u16()));
  if (marker == Marker::ecma_array) {
    result.kind(AmfObject::Kind::ecma_array);
    in.u32();  // AMF0 2.10 calls it the count of properties; encoders write anything there
  }
  if (!in.ok()) budget_.fail(Error::amf_truncated);
  while (!in.atEnd() && !budget_.failed()) {  // at the end of the body the end marker may be missing
    const std::size_t length = in.u16();
    if (length == 0 && !in.atEnd() && in.rest().front() == static_cast<std::byte>(Marker::object_end)) {
      in.skip(1);
      break;
    }
    budget_.charge(sizeof(AmfProperty) - sizeof(AmfValue));
    std::string name = text(in, length);
    result.append(std::move(name), value(in, depth));
  }
  mergeDuplicates(result);
  return result;
}

AmfValue Reader::strictArray(ByteReader& in, std::size_t depth) {
  const std::size_t count = in.u32();
  budget_.expect(count, 1, in);
  AmfArray result;
  if (budget_.failed()) return result;
  result.reserve(count);
  while (result.size() < count && !budget_.failed()) result.push_back(value(in, depth));
  return result;
}

AmfValue Reader::reference(ByteReader& in, std::size_t depth) {
  const std::size_t position = positionIn(body_, in);
  const std::uint16_t index = in.u16();
  if (!in.ok()) budget_.fail(Error::amf_truncated);
  if (!budget_.failed() && index >= objects_.size()) budget_.fail(Error::amf_bad_reference);
  if (budget_.failed()) return {};
  const auto bytes = objects_.finished(index, position);
  if (!bytes) return AmfValue::Reference{index};
  ByteReader again(*bytes);
  return value(again, depth);
}

std::string Reader::text(ByteReader& in, std::size_t length) {
  if (length > in.remaining()) budget_.fail(Error::amf_truncated);
  return budget_.failed() ? std::string() : budget_.copy(in.text(length));
}

std::vector<AmfValue> Reader::values(ByteReader& in) {
  std::vector<AmfValue> values;
  while (!in.atEnd() && !budget_.failed()) values.push_back(value(in));
  return values;
}

Result<std::vector<AmfValue>> decode(BytesView body, const Limits& limits, Format format) {
  Reader reader(body, limits, format);
  ByteReader in(body);
  auto values = reader.values(in);
  if (reader.budget().failed()) return reader.budget().error();
  return values;
}

std::optional<FormattedBody> splitFormatByte(BytesView body) {
  if (body.empty()) return {};
  const auto format = static_cast<Format>(body.front());
  if (format != Format::amf0 && format != Format::amf3) return {};
  return FormattedBody{format, body.subspan(1)};
}

}  // namespace multiconn::rtmp::amf0
