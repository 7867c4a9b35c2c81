#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace multiconn {

class AmfValue;
struct AmfProperty;

/// AMF strict array: values by position.
using AmfArray = std::vector<AmfValue>;

/// AMF object, typed object or ECMA array: named values in the order they were written. Names are UTF-8 and
/// unique; setting a name again replaces its value.
class AmfObject {
 public:
  enum class Kind : std::uint8_t { object, ecma_array };

  AmfObject();
  AmfObject(std::initializer_list<AmfProperty> properties);
  AmfObject(const AmfObject&);
  AmfObject(AmfObject&&) noexcept;
  AmfObject& operator=(const AmfObject&);
  AmfObject& operator=(AmfObject&&) noexcept;
  ~AmfObject();
  /// An ECMA array, as onMetaData is written.
  static AmfObject ecmaArray(std::initializer_list<AmfProperty> properties = {});

  const AmfValue* find(std::string_view name) const;
  /// The string or number under `name`, or the fallback when it is absent or of another type.
  std::string_view stringOr(std::string_view name, std::string_view fallback) const;
  double numberOr(std::string_view name, double fallback) const;
  void set(std::string name, AmfValue value);
  /// Without the search for an earlier property of this name; the caller knows there is none.
  void append(std::string name, AmfValue value);
  void erase(std::string_view name);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  const std::vector<AmfProperty>& properties() const { return properties_; }

  Kind kind() const { return kind_; }
  void kind(Kind kind) { kind_ = kind; }
  /// Class name of a typed object (AMF0 2.18); empty for all others.
  const std::string& className() const { return class_name_; }
  void className(std::string name) { class_name_ = std::move(name); }

  bool operator==(const AmfObject& other) const;

 private:
  std::vector<AmfProperty> properties_;
  std::string class_name_;
  Kind kind_ = Kind::object;
};

/// One AMF value, as it appears in commands, metadata and shared objects (AMF0 specification, 2.1-2.18).
/// A plain value type: copying copies everything.
class AmfValue {
 public:
  struct Undefined {
    bool operator==(const Undefined&) const = default;
  };
  struct Null {
    bool operator==(const Null&) const = default;
  };
  /// Marker 0x0D: the sender could not express the value.
  struct Unsupported {
    bool operator==(const Unsupported&) const = default;
  };
  /// Milliseconds since 1970-01-01 UTC. The zone in minutes is carried, and to be ignored (AMF0 2.13).
  struct Date {
    double milliseconds = 0;
    std::int16_t timezone = 0;
    bool operator==(const Date&) const = default;
  };
  struct Xml {
    std::string text;
    bool operator==(const Xml&) const = default;
  };
  /// Stands for a value that contains itself: the index of that object within its message. Received only; it
  /// cannot be sent. References to finished objects are resolved by the decoder.
  struct Reference {
    std::uint16_t index = 0;
    bool operator==(const Reference&) const = default;
  };
  /// AMF3 3.14. Only where objectEncoding 3 was agreed upon.
  struct ByteArray {
    std::vector<std::byte> bytes;
    bool operator==(const ByteArray&) const = default;
  };
  /// AMF3 3.15, Vector.<T>: numbers, or objects of one class. Only where objectEncoding 3 was agreed upon.
  struct Vector {
    enum class Kind : std::uint8_t { integers, unsigned_integers, doubles, objects };
    Kind kind = Kind::objects;
    bool fixed = false;      ///< its length may not change
    std::string class_name;  ///< of the objects; empty: any
    AmfArray items;
    bool operator==(const Vector& other) const;
  };
  /// AMF3 3.16: values by values. Only where objectEncoding 3 was agreed upon.
  struct Dictionary {
    bool weak_keys = false;
    std::vector<AmfValue> keys, values;  ///< of the same length
    bool operator==(const Dictionary& other) const;
  };
  using Variant = std::variant<Undefined, Null, bool, double, std::string, AmfObject, AmfArray, Date, Xml,
                               Unsupported, Reference, ByteArray, Vector, Dictionary>;

  AmfValue() = default;
  AmfValue(Null) : value_(Null{}) {}
  AmfValue(std::nullptr_t) : value_(Null{}) {}
  AmfValue(std::same_as<bool> auto flag) : value_(flag) {}
  template <typename Number>
  requires(std::integral<Number> || std::floating_point<Number>) &&
      (!std::same_as<Number, bool>)AmfValue(Number number) : value_(static_cast<double>(number)) {}
  AmfValue(const char* text) : value_(std::string(text)) {}
  AmfValue(std::string_view text) : value_(std::string(text)) {}
  AmfValue(std::string text) : value_(std::move(text)) {}
  AmfValue(AmfObject object);
  AmfValue(AmfArray array);
  AmfValue(Date date) : value_(date) {}
  AmfValue(Xml xml) : value_(std::move(xml)) {}
  AmfValue(Unsupported) : value_(Unsupported{}) {}
  AmfValue(Reference reference) : value_(reference) {}
  AmfValue(ByteArray bytes);
  AmfValue(Vector vector);
  AmfValue(Dictionary dictionary);

  AmfValue(const AmfValue&);
  AmfValue(AmfValue&&) noexcept;
  AmfValue& operator=(const AmfValue&);
  AmfValue& operator=(AmfValue&&) noexcept;
  ~AmfValue();

  /// Null when the value is of another type; else a pointer into it.
  const bool* boolean() const { return std::get_if<bool>(&value_); }
  const double* number() const { return std::get_if<double>(&value_); }
  const std::string* string() const { return std::get_if<std::string>(&value_); }
  const AmfObject* object() const;
  AmfObject* object();
  const AmfArray* array() const;
  const ByteArray* byteArray() const { return std::get_if<ByteArray>(&value_); }
  bool isNull() const { return std::holds_alternative<Null>(value_); }
  bool isUndefined() const { return std::holds_alternative<Undefined>(value_); }

  const Variant& variant() const { return value_; }
  bool operator==(const AmfValue&) const;

 private:
  Variant value_;
};

struct AmfProperty {
  std::string name;
  AmfValue value;
  bool operator==(const AmfProperty&) const = default;
};

}  // namespace multiconn
