#include "rtmp/amf0.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

namespace multiconn::rtmp::amf0 {
namespace {

// AMF0 2.1
enum class Marker : std::uint8_t {
  number = 0x00,
  boolean = 0x01,
  string = 0x02,
  object = 0x03,
  movie_clip = 0x04,
  null = 0x05,
  undefined = 0x06,
  reference = 0x07,
  ecma_array = 0x08,
  object_end = 0x09,
  strict_array = 0x0A,
  date = 0x0B,
  long_string = 0x0C,
  unsupported = 0x0D,
  record_set = 0x0E,
  xml_document = 0x0F,
  typed_object = 0x10,
  avm_plus = 0x11,
};

constexpr std::size_t max_short_string = 0xFFFF;
constexpr std::size_t max_count = 0xFFFFFFFF;

class Decoder {
 public:
  Decoder(BytesView body, const Limits& limits)
      : body_(body),
        limits_(limits),
        memory_left_(limits.amf_memory_factor * body.size() + limits.amf_memory_constant) {}

  Result<std::vector<AmfValue>> decode();

 private:
  // Where an object that can be referred to lies in the body (AMF0 2.9). A reference is resolved by reading
  // those bytes again, which charges the copy against the limits like any other value.
  struct Shared {
    std::size_t begin = 0;
    std::size_t end = 0;  // 0 while unfinished
  };

  AmfValue value(ByteReader& in, std::size_t depth);
  AmfValue container(Marker marker, ByteReader& in, std::size_t depth);
  AmfValue object(Marker marker, ByteReader& in, std::size_t depth);
  AmfValue strictArray(ByteReader& in, std::size_t depth);
  AmfValue reference(ByteReader& in, std::size_t depth);
  AmfValue date(ByteReader& in);
  std::string text(ByteReader& in, std::size_t length);
  void charge(std::size_t bytes);
  void fail(Error error);
  bool failed() const { return error_ != Error::none; }
  std::size_t offset(const ByteReader& in) const { return body_.size() - in.remaining(); }

  BytesView body_;
  const Limits& limits_;
  std::size_t memory_left_;
  std::size_t values_ = 0;
  std::vector<Shared> shared_;
  bool resolving_ = false;
  Error error_ = Error::none;
};

void mergeDuplicates(AmfObject& object);

Result<std::vector<AmfValue>> Decoder::decode() {
  std::vector<AmfValue> values;
  ByteReader in(body_);
  while (!in.atEnd() && !failed()) values.push_back(value(in, 0));
  if (failed()) return error_;
  return values;
}

AmfValue Decoder::value(ByteReader& in, std::size_t depth) {
  charge(sizeof(AmfValue));
  if (++values_ > limits_.amf_values) fail(Error::amf_too_many_values);
  if (in.atEnd()) fail(Error::amf_truncated);
  if (failed()) return {};
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
    case Marker::date:
      result = date(in);
      break;
    case Marker::long_string:
      result = text(in, in.u32());
      break;
    case Marker::unsupported:
      result = AmfValue::Unsupported{};
      break;
    case Marker::xml_document:
      result = AmfValue::Xml{text(in, in.u32())};
      break;
    case Marker::movie_clip:
    case Marker::record_set:
    case Marker::avm_plus:
      fail(Error::amf_unsupported_marker);
      break;
    case Marker::object_end:
    default:
      fail(Error::amf_unknown_marker);
      break;
  }
  if (!in.ok()) fail(Error::amf_truncated);
  return result;
}

AmfValue Decoder::container(Marker marker, ByteReader& in, std::size_t depth) {
  if (depth >= limits_.amf_depth) {
    fail(Error::amf_too_deep);
    return {};
  }
  const std::size_t index = shared_.size();
  // While a reference is being resolved, the objects met have their places in the table already.
  if (!resolving_) shared_.push_back({.begin = offset(in) - 1});
  AmfValue result =
      marker == Marker::strict_array ? strictArray(in, depth + 1) : object(marker, in, depth + 1);
  if (!resolving_) shared_[index].end = offset(in);
  return result;
}

AmfValue Decoder::object(Marker marker, ByteReader& in, std::size_t depth) {
  AmfObject result;
  if (marker == Marker::typed_object) result.className(text(in, in.u16()));
  if (marker == Marker::ecma_array) {
    result.kind(AmfObject::Kind::ecma_array);
    in.u32();  // AMF0 2.10 calls it the count of properties; encoders write anything there
  }
  if (!in.ok()) fail(Error::amf_truncated);
  while (!in.atEnd() && !failed()) {  // at the end of the body the end marker may be missing
    const std::size_t length = in.u16();
    if (length == 0 && !in.atEnd() && in.rest().front() == static_cast<std::byte>(Marker::object_end)) {
      in.skip(1);
      break;
    }
    charge(sizeof(AmfProperty) - sizeof(AmfValue));
    std::string name = text(in, length);
    result.append(std::move(name), value(in, depth));
  }
  if (result.size() > 1) mergeDuplicates(result);
  return result;
}

AmfValue Decoder::strictArray(ByteReader& in, std::size_t depth) {
  const std::size_t count = in.u32();
  if (!in.ok() || count > in.remaining()) fail(Error::amf_truncated);
  if (!failed() && count > limits_.amf_values - values_) fail(Error::amf_too_many_values);
  if (!failed() && count > memory_left_ / sizeof(AmfValue)) fail(Error::amf_too_large);
  AmfArray result;
  if (failed()) return result;
  result.reserve(count);
  while (result.size() < count && !failed()) result.push_back(value(in, depth));
  return result;
}

AmfValue Decoder::reference(ByteReader& in, std::size_t depth) {
  const std::size_t position = offset(in);
  const std::uint16_t index = in.u16();
  if (!in.ok()) fail(Error::amf_truncated);
  if (!failed() && index >= shared_.size()) fail(Error::amf_bad_reference);
  if (failed()) return {};
  const Shared target = shared_[index];
  if (target.begin >= position) {
    fail(Error::amf_bad_reference);
    return {};
  }
  if (target.end == 0 || target.end > position) return AmfValue::Reference{index};
  ByteReader again(body_.subspan(target.begin));
  const bool outer = std::exchange(resolving_, true);
  AmfValue copy = value(again, depth);
  resolving_ = outer;
  return copy;
}

AmfValue Decoder::date(ByteReader& in) {
  const double milliseconds = in.f64();
  return AmfValue::Date{milliseconds, static_cast<std::int16_t>(in.u16())};
}

std::string Decoder::text(ByteReader& in, std::size_t length) {
  if (length > in.remaining()) fail(Error::amf_truncated);
  charge(length);
  return failed() ? std::string() : std::string(in.text(length));
}

void Decoder::charge(std::size_t bytes) {
  if (bytes > memory_left_) return fail(Error::amf_too_large);
  memory_left_ -= bytes;
}

void Decoder::fail(Error error) {
  if (!failed()) error_ = error;
}

// Names written twice: the last value wins, at the first one's place. Sorting keeps a hostile object cheap.
void mergeDuplicates(AmfObject& object) {
  const std::vector<AmfProperty>& properties = object.properties();
  std::vector<std::size_t> latest(properties.size());
  std::iota(latest.begin(), latest.end(), std::size_t{0});
  const auto name = [&](std::size_t i) -> std::string_view { return properties[i].name; };
  std::vector<std::size_t> order = latest;
  std::ranges::stable_sort(order, {}, name);
  std::vector<bool> repeats(properties.size());
  bool any = false;
  for (std::size_t i = 0; i < order.size();) {
    const std::size_t first = order[i];
    for (++i; i < order.size() && name(order[i]) == name(first); ++i) {
      latest[first] = order[i];
      repeats[order[i]] = any = true;
    }
  }
  if (!any) return;
  AmfObject merged;
  merged.kind(object.kind());
  merged.className(object.className());
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (!repeats[i]) merged.append(properties[i].name, properties[latest[i]].value);
  }
  object = std::move(merged);
}

class Encoder {
 public:
  explicit Encoder(Bytes& out) : out_(out) {}

  Error encode(const AmfValue& value) {
    std::visit(*this, value.variant());
    return error_;
  }

  void operator()(AmfValue::Undefined) { marker(Marker::undefined); }
  void operator()(AmfValue::Null) { marker(Marker::null); }
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
  void operator()(AmfValue::Reference) { error_ = Error::amf_not_encodable; }

 private:
  ByteWriter& marker(Marker marker) { return out_.u8(static_cast<std::uint8_t>(marker)); }
  void name(std::string_view text) {
    if (text.size() > max_short_string) {
      error_ = Error::amf_not_encodable;
    } else {
      out_.u16(static_cast<std::uint32_t>(text.size())).text(text);
    }
  }
  void longText(std::string_view text) {
    if (count(text.size())) out_.text(text);
  }
  bool count(std::size_t size) {
    if (size > max_count) {
      error_ = Error::amf_not_encodable;
      return false;
    }
    out_.u32(static_cast<std::uint32_t>(size));
    return true;
  }

  ByteWriter out_;
  Error error_ = Error::none;
};

}  // namespace

Result<std::vector<AmfValue>> decode(BytesView body, const Limits& limits) {
  return Decoder(body, limits).decode();
}

Error encode(std::span<const AmfValue> values, Bytes& out) {
  const std::size_t before = out.size();
  Encoder encoder(out);
  for (const AmfValue& value : values) {
    if (const Error error = encoder.encode(value); error != Error::none) {
      out.resize(before);
      return error;
    }
  }
  return Error::none;
}

}  // namespace multiconn::rtmp::amf0
