#include <string>
#include <string_view>

#include "rtmp/amf0.hpp"
#include "rtmp/amf_encoder.hpp"

namespace multiconn::rtmp::amf0 {
namespace {

constexpr std::size_t max_short_string = 0xFFFF;
constexpr std::size_t max_count = 0xFFFFFFFF;

class Encoder : public AmfEncoder<Encoder, Marker> {
 public:
  using AmfEncoder::AmfEncoder;
  using AmfEncoder::operator();

  void operator()(AmfValue::Unsupported) { marker(Marker::unsupported); }
  void operator()(bool flag) { marker(Marker::boolean).u8(flag ? 1 : 0); }
  void operator()(double number) { marker(Marker::number).f64(number); }
  void operator()(const std::string& text) {
    if (text.size() <= max_short_string) {
      marker(Marker::string);
      name(text);
    } else {
      marker(Marker::long_string);
      longText(text);
    }
  }
  void operator()(const AmfObject& object) {
    if (!object.className().empty()) {
      marker(Marker::typed_object);
      name(object.className());
    } else if (object.kind() == AmfObject::Kind::ecma_array) {
      marker(Marker::ecma_array);
      count(object.size());
    } else {
      marker(Marker::object);
    }
    for (const AmfProperty& property : object.properties()) {
      name(property.name);
      encode(property.value);
    }
    name("");
    marker(Marker::object_end);
  }
  void operator()(const AmfArray& array) {
    marker(Marker::strict_array);
    count(array.size());
    for (const AmfValue& value : array) encode(value);
  }
  void operator()(AmfValue::Date date) {
    marker(Marker::date).f64(date.milliseconds).u16(static_cast<std::uint16_t>(date.timezone));
  }
  void operator()(const AmfValue::Xml& xml) {
    marker(Marker::xml_document);
    longText(xml.text);
  }
  void operator()(AmfValue::Reference) { fail(); }
  void operator()(const AmfValue::ByteArray&) { fail(); }
  void operator()(const AmfValue::Vector&) { fail(); }
  void operator()(const AmfValue::Dictionary&) { fail(); }

 private:
  void name(std::string_view text) {
    if (text.size() > max_short_string) {
      fail();
    } else {
      out_.u16(static_cast<std::uint32_t>(text.size())).text(text);
    }
  }
  void longText(std::string_view text) {
    if (count(text.size())) out_.text(text);
  }
  bool count(std::size_t size) {
    if (size > max_count) {
      fail();
      return false;
    }
    out_.u32(static_cast<std::uint32_t>(size));
    return true;
  }
};

bool goesAsAmf3(const AmfValue& value) {
  if (const std::string* text = value.string()) return text->size() > max_short_string;
  return !value.isNull() && !value.isUndefined() && !value.number() && !value.boolean();
}

Error encodeOne(const AmfValue& value, bool with_amf3, Bytes& out) {
  if (!with_amf3 || !goesAsAmf3(value)) return Encoder(out).encode(value);
  ByteWriter(out).u8(static_cast<std::uint8_t>(Marker::avm_plus));
  return amf3::encode(value, out);
}

Error encodeAll(std::span<const AmfValue> values, bool with_amf3, Bytes& out) {
  return writeOrNothing(out, [&] {
    for (const AmfValue& value : values) {
      if (const Error error = encodeOne(value, with_amf3, out); error != Error::none) return error;
    }
    return Error::none;
  });
}

}  // namespace

Error encode(std::span<const AmfValue> values, Bytes& out) {
  return encodeAll(values, false, out);
}

Error encodeWithAmf3(std::span<const AmfValue> values, Bytes& out) {
  return encodeAll(values, true, out);
}

}  // namespace multiconn::rtmp::amf0
