#include <multiconn/amf_value.hpp>

#include <algorithm>

namespace multiconn {

AmfObject::AmfObject() = default;
AmfObject::AmfObject(const AmfObject&) = default;
AmfObject::AmfObject(AmfObject&&) noexcept = default;
AmfObject& AmfObject::operator=(const AmfObject&) = default;
AmfObject& AmfObject::operator=(AmfObject&&) noexcept = default;
AmfObject::~AmfObject() = default;

AmfObject::AmfObject(std::initializer_list<AmfProperty> properties) {
  for (const AmfProperty& property : properties) set(property.name, property.value);
}

AmfObject AmfObject::ecmaArray(std::initializer_list<AmfProperty> properties) {
  AmfObject array(properties);
  array.kind_ = Kind::ecma_array;
  return array;
}

const AmfValue* AmfObject::find(std::string_view name) const {
  const auto found = std::ranges::find(properties_, name, &AmfProperty::name);
  return found == properties_.end() ? nullptr : &found->value;
}

std::string_view AmfObject::stringOr(std::string_view name, std::string_view fallback) const {
  const AmfValue* value = find(name);
  const std::string* text = value ? value->string() : nullptr;
  return text ? std::string_view(*text) : fallback;
}

double AmfObject::numberOr(std::string_view name, double fallback) const {
  const AmfValue* value = find(name);
  const double* number = value ? value->number() : nullptr;
  return number ? *number : fallback;
}

void AmfObject::set(std::string name, AmfValue value) {
  const auto found = std::ranges::find(properties_, name, &AmfProperty::name);
  if (found == properties_.end()) {
    append(std::move(name), std::move(value));
  } else {
    found->value = std::move(value);
  }
}

void AmfObject::append(std::string name, AmfValue value) {
  properties_.push_back({std::move(name), std::move(value)});
}

void AmfObject::erase(std::string_view name) {
  std::erase_if(properties_, [&](const AmfProperty& property) { return property.name == name; });
}

std::size_t AmfObject::size() const {
  return properties_.size();
}

bool AmfObject::operator==(const AmfObject& other) const {
  return kind_ == other.kind_ && class_name_ == other.class_name_ && properties_ == other.properties_;
}

AmfValue::AmfValue(AmfObject object) : value_(std::move(object)) {}
AmfValue::AmfValue(AmfArray array) : value_(std::move(array)) {}
AmfValue::AmfValue(ByteArray bytes) : value_(std::move(bytes)) {}
AmfValue::AmfValue(Vector vector) : value_(std::move(vector)) {}
AmfValue::AmfValue(Dictionary dictionary) : value_(std::move(dictionary)) {}

AmfValue::AmfValue(const AmfValue&) = default;
AmfValue::AmfValue(AmfValue&&) noexcept = default;
AmfValue& AmfValue::operator=(const AmfValue&) = default;
AmfValue& AmfValue::operator=(AmfValue&&) noexcept = default;
AmfValue::~AmfValue() = default;

const AmfObject* AmfValue::object() const {
  return std::get_if<AmfObject>(&value_);
}
AmfObject* AmfValue::object() {
  return std::get_if<AmfObject>(&value_);
}
const AmfArray* AmfValue::array() const {
  return std::get_if<AmfArray>(&value_);
}

bool AmfValue::Vector::operator==(const Vector& other) const {
  return kind == other.kind && fixed == other.fixed && class_name == other.class_name && items == other.items;
}
bool AmfValue::Dictionary::operator==(const Dictionary& other) const {
  return weak_keys == other.weak_keys && keys == other.keys && values == other.values;
}

bool AmfValue::operator==(const AmfValue& other) const {
  return value_ == other.value_;
}

}  // namespace multiconn
