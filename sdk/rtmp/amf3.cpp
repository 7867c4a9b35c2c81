#include "rtmp/amf3.hpp"

#include <string>
#include <utility>

namespace multiconn::rtmp::amf3 {

namespace {

double signedInteger(std::uint32_t u29) {
  return u29 < 0x10000000 ? u29 : static_cast<double>(u29) - 0x20000000;
}

}  // namespace

AmfValue Reader::value(ByteReader& in, std::size_t depth) {
  budget_.chargeValue();
  if (in.atEnd()) budget_.fail(Error::amf_truncated);
  if (budget_.failed()) return {};
  AmfValue result;
  const auto marker = static_cast<Marker>(in.u8());
  switch (marker) {
    case Marker::undefined:
      break;
    case Marker::null:
      result = nullptr;
      break;
    case Marker::boolean_false:
    case Marker::boolean_true:
      result = marker == Marker::boolean_true;
      break;
    case Marker::integer:
      result = signedInteger(u29(in));
      break;
    case Marker::number:
      result = in.f64();
      break;
    case Marker::string:
      result = budget_.copy(string(in));
      break;
    default:
      return complex(marker, in, depth);
  }
  if (!in.ok()) budget_.fail(Error::amf_truncated);
  return result;
}

// What has a place in the table of objects: all of them begin with a length, or a reference.
AmfValue Reader::complex(Marker marker, ByteReader& in, std::size_t depth) {
  const std::size_t position = positionIn(body_, in) - 1;
  if (marker > Marker::dictionary) budget_.fail(Error::amf_unknown_marker);
  const std::uint32_t header = u29(in);
  if (!in.ok()) budget_.fail(Error::amf_truncated);
  if (budget_.failed()) return {};
  if ((header & 1) == 0) return reference(header >> 1, position, depth);
  budget_.enter(depth);
  if (budget_.failed()) return {};
  const auto entered = objects_.begin(position);
  AmfValue result = content(marker, header >> 1, in, depth + 1);
  if (!in.ok()) budget_.fail(Error::amf_truncated);
  if (entered && !budget_.failed()) objects_.end(*entered, positionIn(body_, in));
  return result;
}

AmfValue Reader::content(Marker marker, std::uint32_t header, ByteReader& in, std::size_t depth) {
  switch (marker) {
    case Marker::xml_document:
    case Marker::xml:
      return AmfValue::Xml{budget_.copy(in.text(header))};
    case Marker::date:
      return AmfValue::Date{in.f64(), 0};
    case Marker::array:
      return array(header, in, depth);
    case Marker::object:
      return object(header, in, depth);
    case Marker::byte_array:
      return bytes(header, in);
    case Marker::vector_int:
    case Marker::vector_uint:
    case Marker::vector_double:
      return numbers(marker, header, in);
    case Marker::vector_object:
      return objects(header, in, depth);
    default:
      return dictionary(header, in, depth);
  }
}

AmfValue Reader::reference(std::uint32_t index, std::size_t position, std::size_t depth) {
  if (index >= objects_.size() || index > 0xFFFF) {
    budget_.fail(Error::amf_bad_reference);
    return {};
  }
  const auto bytes = objects_.finished(index, position);
  if (!bytes) return AmfValue::Reference{static_cast<std::uint16_t>(index)};
  ByteReader again(*bytes);
  return value(again, depth);
}

AmfValue Reader::object(std::uint32_t header, ByteReader& in, std::size_t depth) {
  AmfObject result;
  const auto shape = traits(header, in);
  if (budget_.failed()) return {};
  result.className(budget_.copy(shape->class_name));
  for (const std::string_view name : shape->names) {
    if (budget_.failed()) return {};
    append(result, name, in, depth);
  }
  if (shape->dynamic) readNamed(result, in, depth);
  mergeDuplicates(result);
  return result;
}

// AMF3 3.12, U29O-traits without its lowest bit.
std::shared_ptr<const Reader::Traits> Reader::traits(std::uint32_t header, ByteReader& in) {
  if ((header & 1) == 0) {
    const std::size_t index = header >> 1;
    if (index < traits_.size()) return traits_[index];
    budget_.fail(Error::amf_bad_reference);
    return {};
  }
  const std::size_t position = positionIn(body_, in);
  const std::size_t count = header >> 3;
  if ((header & 2) != 0) budget_.fail(Error::amf_unsupported_marker);
  if (count > in.remaining()) budget_.fail(Error::amf_truncated);
  if (count > budget_.limits().amf_sealed_names) budget_.fail(Error::amf_too_many_values);
  budget_.charge(sizeof(Traits) + count * sizeof(std::string_view));
  if (budget_.failed()) return {};
  const bool fresh = firstTime(position - 1);
  auto result = std::make_shared<Traits>();
  result->dynamic = (header & 4) != 0;
  result->class_name = string(in);
  while (result->names.size() < count && !budget_.failed()) result->names.push_back(string(in));
  if (fresh) traits_.push_back(result);
  return result;
}

void Reader::readNamed(AmfObject& object, ByteReader& in, std::size_t depth) {
  while (!budget_.failed()) {
    const std::string_view name = string(in);
    if (name.empty()) return;
    append(object, name, in, depth);
  }
}

void Reader::append(AmfObject& object, std::string_view name, ByteReader& in, std::size_t depth) {
  budget_.charge(sizeof(AmfProperty) - sizeof(AmfValue));
  std::string copy = budget_.copy(name);
  object.append(std::move(copy), value(in, depth));
}

AmfValue Reader::array(std::size_t count, ByteReader& in, std::size_t depth) {
  AmfObject named = AmfObject::ecmaArray();
  readNamed(named, in, depth);
  budget_.expect(count, 1, in);
  if (budget_.failed()) return {};
  if (named.empty()) {
    AmfArray result;
    result.reserve(count);
    while (result.size() < count && !budget_.failed()) result.push_back(value(in, depth));
    return result;
  }
  for (std::size_t i = 0; i < count && !budget_.failed(); ++i) append(named, std::to_string(i), in, depth);
  mergeDuplicates(named);
  return named;
}

AmfValue Reader::numbers(Marker marker, std::size_t count, ByteReader& in) {
  AmfValue::Vector result;
  result.fixed = in.u8() != 0;
  budget_.expect(count, marker == Marker::vector_double ? 8 : 4, in);
  if (budget_.failed()) return {};
  result.items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    budget_.chargeValue();
    if (marker == Marker::vector_int) {
      result.items.emplace_back(static_cast<std::int32_t>(in.u32()));
    } else if (marker == Marker::vector_uint) {
      result.items.emplace_back(in.u32());
    } else {
      result.items.emplace_back(in.f64());
    }
  }
  using Kind = AmfValue::Vector::Kind;
  result.kind = marker == Marker::vector_int    ? Kind::integers
                : marker == Marker::vector_uint ? Kind::unsigned_integers
                                                : Kind::doubles;
  return result;
}

AmfValue Reader::objects(std::size_t count, ByteReader& in, std::size_t depth) {
  AmfValue::Vector result;
  result.fixed = in.u8() != 0;
  result.class_name = budget_.copy(string(in));
  budget_.expect(count, 1, in);
  if (budget_.failed()) return {};
  result.items.reserve(count);
  while (result.items.size() < count && !budget_.failed()) result.items.push_back(value(in, depth));
  return result;
}

AmfValue Reader::dictionary(std::size_t count, ByteReader& in, std::size_t depth) {
  AmfValue::Dictionary result;
  result.weak_keys = in.u8() != 0;
  budget_.expect(count, 2, in);
  if (budget_.failed()) return {};
  result.keys.reserve(count);
  result.values.reserve(count);
  while (result.values.size() < count && !budget_.failed()) {
    result.keys.push_back(value(in, depth));
    result.values.push_back(value(in, depth));
  }
  return result;
}

AmfValue Reader::bytes(std::size_t length, ByteReader& in) {
  const BytesView content = in.take(length);
  budget_.charge(content.size());
  if (budget_.failed()) return {};
  return AmfValue::ByteArray{{content.begin(), content.end()}};
}

// AMF3 1.3.2: the empty string is never referred to.
std::string_view Reader::string(ByteReader& in) {
  const std::size_t position = positionIn(body_, in);
  const std::uint32_t header = u29(in);
  const std::size_t size = header >> 1;
  if (!in.ok() || ((header & 1) != 0 && size > in.remaining())) budget_.fail(Error::amf_truncated);
  if ((header & 1) == 0 && size >= strings_.size()) budget_.fail(Error::amf_bad_reference);
  if (budget_.failed()) return {};
  if ((header & 1) == 0) return strings_[size];
  const std::string_view text = in.text(size);
  if (!text.empty() && firstTime(position)) {
    budget_.charge(sizeof(text));
    strings_.push_back(text);
  }
  return text;
}

// AMF3 1.3.1: 7, 7, 7 and 8 bits.
std::uint32_t Reader::u29(ByteReader& in) {
  std::uint32_t value = 0;
  for (int i = 0; i < 3; ++i) {
    const std::uint32_t byte = in.u8();
    value = value << 7 | (byte & 0x7F);
    if (byte < 0x80) return value;
  }
  return value << 8 | in.u8();
}

// Bytes that a reference makes be read again have had their strings and traits entered.
bool Reader::firstTime(std::size_t position) {
  if (position < tables_reach_) return false;
  tables_reach_ = position + 1;
  return true;
}

Result<std::vector<AmfValue>> decode(BytesView body, const Limits& limits) {
  AmfBudget budget(body.size(), limits);
  Reader reader(body, budget);
  std::vector<AmfValue> values;
  ByteReader in(body);
  while (!in.atEnd() && !budget.failed()) values.push_back(reader.value(in, 0));
  if (budget.failed()) return budget.error();
  return values;
}

}  // namespace multiconn::rtmp::amf3
