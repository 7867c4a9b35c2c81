#include <cmath>

#include "rtmp/amf3.hpp"
#include "rtmp/amf_encoder.hpp"

namespace multiconn::rtmp::amf3 {
namespace {

constexpr std::uint32_t max_u28 = 0xFFFFFFF;

// AMF3 3.6: 29 bits with a sign. Minus zero has no integer.
bool isSmallInteger(double number) {
  return number >= -268435456.0 && number <= 268435455.0 && number == std::floor(number) &&
         !(number == 0 && std::signbit(number));
}

class Encoder : public AmfEncoder<Encoder, Marker> {
 public:
  using AmfEncoder::AmfEncoder;
  using AmfEncoder::operator();

  void operator()(bool flag) { marker(flag ? Marker::boolean_true : Marker::boolean_false); }
  void operator()(double number) {
    if (!isSmallInteger(number)) {
      marker(Marker::number).f64(number);
      return;
    }
    marker(Marker::integer);
    u29(static_cast<std::uint32_t>(static_cast<std::int32_t>(number)) & 0x1FFFFFFF);
  }
  void operator()(const std::string& value) {
    marker(Marker::string);
    text(value);
  }
  void operator()(const AmfValue::Xml& xml) {
    marker(Marker::xml_document);
    text(xml.text);
  }
  void operator()(AmfValue::Date date) {
    marker(Marker::date);
    header(0);
    out_.f64(date.milliseconds);
  }
  void operator()(const AmfArray& array) {
    marker(Marker::array);
    header(array.size());
    text("");
    for (const AmfValue& value : array) encode(value);
  }
  void operator()(const AmfObject& object) {
    if (object.kind() == AmfObject::Kind::ecma_array) {
      marker(Marker::array);
      header(0);
    } else {
      marker(Marker::object).u8(0x0B);  // traits follow: dynamic, none sealed
      text(object.className());
    }
    for (const AmfProperty& property : object.properties()) {
      if (property.name.empty()) fail();  // it would end the properties
      text(property.name);
      encode(property.value);
    }
    text("");
  }
  void operator()(const AmfValue::ByteArray& array) {
    marker(Marker::byte_array);
    if (header(array.bytes.size())) out_.bytes(array.bytes);
  }
  void operator()(const AmfValue::Vector& vector) {
    marker(markerOf(vector.kind));
    header(vector.items.size());
    out_.u8(vector.fixed ? 1 : 0);
    if (vector.kind == AmfValue::Vector::Kind::objects) text(vector.class_name);
    for (const AmfValue& item : vector.items) this->item(vector.kind, item);
  }
  void operator()(const AmfValue::Dictionary& dictionary) {
    if (dictionary.keys.size() != dictionary.values.size()) return fail();
    marker(Marker::dictionary);
    header(dictionary.keys.size());
    out_.u8(dictionary.weak_keys ? 1 : 0);
    for (std::size_t i = 0; i < dictionary.keys.size(); ++i) {
      encode(dictionary.keys[i]);
      encode(dictionary.values[i]);
    }
  }
  void operator()(AmfValue::Unsupported) { fail(); }
  void operator()(AmfValue::Reference) { fail(); }

 private:
  static Marker markerOf(AmfValue::Vector::Kind kind) {
    using Kind = AmfValue::Vector::Kind;
    switch (kind) {
      case Kind::integers:
        return Marker::vector_int;
      case Kind::unsigned_integers:
        return Marker::vector_uint;
      case Kind::doubles:
        return Marker::vector_double;
      case Kind::objects:
        break;
    }
    return Marker::vector_object;
  }
  void item(AmfValue::Vector::Kind kind, const AmfValue& item) {
    using Kind = AmfValue::Vector::Kind;
    if (kind == Kind::objects) {
      encode(item);
      return;
    }
    const double* number = item.number();
    if (!number) return fail();
    if (kind == Kind::doubles) {
      out_.f64(*number);
      return;
    }
    const bool has_sign = kind == Kind::integers;
    const double least = has_sign ? -2147483648.0 : 0;
    const double most = has_sign ? 2147483647.0 : 4294967295.0;
    if (!(*number >= least && *number <= most) || *number != std::floor(*number)) return fail();
    out_.u32(static_cast<std::uint32_t>(static_cast<std::int64_t>(*number)));
  }
  void text(std::string_view text) {
    if (header(text.size())) out_.text(text);
  }
  // The length or count of something that is no reference.
  bool header(std::size_t size) {
    if (size > max_u28) {
      fail();
      return false;
    }
    u29(static_cast<std::uint32_t>(size) << 1 | 1);
    return true;
  }
  void u29(std::uint32_t value) {
    if (value >= 0x200000) {
      out_.u8(value >> 22 | 0x80)
          .u8((value >> 15 & 0x7F) | 0x80)
          .u8((value >> 8 & 0x7F) | 0x80)
          .u8(value & 0xFF);
      return;
    }
    if (value >= 0x4000) out_.u8(value >> 14 | 0x80);
    if (value >= 0x80) out_.u8((value >> 7 & 0x7F) | 0x80);
    out_.u8(value & 0x7F);
  }
};

}  // namespace

Error encode(const AmfValue& value, Bytes& out) {
  return writeOrNothing(out, [&] { return Encoder(out).encode(value); });
}

}  // namespace multiconn::rtmp::amf3
