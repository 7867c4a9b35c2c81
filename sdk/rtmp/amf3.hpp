#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/amf_budget.hpp"
#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::rtmp::amf3 {

/// AMF3 3.1
enum class Marker : std::uint8_t {
  undefined = 0x00,
  null = 0x01,
  boolean_false = 0x02,
  boolean_true = 0x03,
  integer = 0x04,
  number = 0x05,
  string = 0x06,
  xml_document = 0x07,
  date = 0x08,
  array = 0x09,
  object = 0x0A,
  xml = 0x0B,
  byte_array = 0x0C,
  vector_int = 0x0D,
  vector_uint = 0x0E,
  vector_double = 0x0F,
  vector_object = 0x10,
  dictionary = 0x11,
};

/// Reads the AMF3 values of one message body, wherever they lie in it, and keeps the tables of strings,
/// objects and traits that they share (AMF3 2.2).
///
/// References to finished objects become copies; one to an object that contains it becomes
/// AmfValue::Reference. Integers become numbers, XMLDocument and XML become Xml, an array with named parts
/// becomes an ECMA array. Externalizable objects, whose length only their class knows, are an error.
class Reader {
 public:
  Reader(BytesView body, AmfBudget& budget) : body_(body), budget_(budget), objects_(body) {}

  /// The value at `in`, which reads the body or a part of it, further than at the last call. Errors go to the
  /// budget.
  AmfValue value(ByteReader& in, std::size_t depth);

 private:
  struct Traits {
    std::string_view class_name;
    bool dynamic = false;
    std::vector<std::string_view> names;
  };

  AmfValue complex(Marker marker, ByteReader& in, std::size_t depth);
  AmfValue content(Marker marker, std::uint32_t header, ByteReader& in, std::size_t depth);
  AmfValue reference(std::uint32_t index, std::size_t position, std::size_t depth);
  AmfValue object(std::uint32_t header, ByteReader& in, std::size_t depth);
  AmfValue array(std::size_t count, ByteReader& in, std::size_t depth);
  AmfValue numbers(Marker marker, std::size_t count, ByteReader& in);
  AmfValue objects(std::size_t count, ByteReader& in, std::size_t depth);
  AmfValue dictionary(std::size_t count, ByteReader& in, std::size_t depth);
  AmfValue bytes(std::size_t length, ByteReader& in);
  std::shared_ptr<const Traits> traits(std::uint32_t header, ByteReader& in);
  void readNamed(AmfObject& object, ByteReader& in, std::size_t depth);
  void append(AmfObject& object, std::string_view name, ByteReader& in, std::size_t depth);
  std::string_view string(ByteReader& in);
  std::uint32_t u29(ByteReader& in);
  bool firstTime(std::size_t position);

  BytesView body_;
  AmfBudget& budget_;
  AmfReferences objects_;
  std::vector<std::string_view> strings_;
  std::vector<std::shared_ptr<const Traits>> traits_;
  std::size_t tables_reach_ = 0;  // what lies before has been entered into strings_ and traits_
};

/// Every value of a body that is AMF3 throughout.
Result<std::vector<AmfValue>> decode(BytesView body, const Limits& limits);

/// Appends one value without references. Whole numbers of 29 bits go as integers, objects with their
/// properties as dynamic ones, ECMA arrays as arrays with named parts; a date loses its zone. Fails, and
/// appends nothing, for AmfValue::Reference, AmfValue::Unsupported, properties without a name, and for what
/// is longer than 2^28 - 1.
Error encode(const AmfValue& value, Bytes& out);

}  // namespace multiconn::rtmp::amf3
