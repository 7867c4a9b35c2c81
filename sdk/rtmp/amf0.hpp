#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/amf3.hpp"
#include "rtmp/amf_budget.hpp"
#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::rtmp::amf0 {

/// AMF0 2.1
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

/// The byte in front of messages of types 15 to 17 (Enhanced RTMP v2, "Enhanced AMF").
enum class Format : std::uint8_t {
  amf0 = 0,  ///< in which marker 0x11 switches single values to AMF3
  amf3 = 3,  ///< AMF3 throughout; Red5's own
};
struct FormattedBody {
  Format format{};
  BytesView body;  ///< without the byte
};
/// Nothing for any other byte, or none.
std::optional<FormattedBody> splitFormatByte(BytesView body);

/// Reads the values of one message body, wherever they lie in it. Objects share one reference table (AMF0
/// 2.9); marker 0x11 switches the next value to AMF3. An object without its end marker at the very end of
/// what is read is accepted: some encoders omit it.
class Reader {
 public:
  Reader(BytesView body, const Limits& limits, Format format = Format::amf0)
      : body_(body),
        format_(format),
        budget_(body.size(), limits),
        objects_(body),
        amf3_(body, budget_),
        saw_amf3_(format == Format::amf3) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// The value at `in`, which reads the body or a part of it, further than at the last call.
  AmfValue value(ByteReader& in) { return format_ == Format::amf3 ? amf3_.value(in, 0) : value(in, 0); }
  /// All values up to the end of `in`, or up to the first error.
  std::vector<AmfValue> values(ByteReader& in);

  AmfBudget& budget() { return budget_; }
  /// A value was AMF3.
  bool sawAmf3() const { return saw_amf3_; }

 private:
  AmfValue value(ByteReader& in, std::size_t depth);
  AmfValue container(Marker marker, ByteReader& in, std::size_t depth);
  AmfValue object(Marker marker, ByteReader& in, std::size_t depth);
  AmfValue strictArray(ByteReader& in, std::size_t depth);
  AmfValue reference(ByteReader& in, std::size_t depth);
  std::string text(ByteReader& in, std::size_t length);

  BytesView body_;
  Format format_;
  AmfBudget budget_;
  AmfReferences objects_;
  amf3::Reader amf3_;
  bool saw_amf3_;
};

/// Every value of a body.
Result<std::vector<AmfValue>> decode(BytesView body, const Limits& limits, Format format = Format::amf0);

/// Appends the values. Strings above 65535 bytes become long strings. Fails, and appends nothing, for
/// AmfValue::Reference, for ByteArray, Vector and Dictionary, and for names or counts the format cannot hold.
Error encode(std::span<const AmfValue> values, Bytes& out);

/// As encode(), but what is more than null, undefined, a number, a boolean or a short string goes as AMF3
/// behind marker 0x11: for messages of types 16 and 17.
Error encodeWithAmf3(std::span<const AmfValue> values, Bytes& out);

}  // namespace multiconn::rtmp::amf0
