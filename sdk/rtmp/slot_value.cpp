#include "rtmp/slot_value.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace multiconn::rtmp {

namespace {

bool sameObject(const AmfObject& a, const AmfObject& b);
bool sameArray(const AmfArray& a, const AmfArray& b);
bool sameAsIndexed(const AmfArray& array, const AmfObject& object);
bool sameNumber(double a, double b);
template <typename Visitor>
bool anyInside(const AmfValue& value, Visitor visitor);

/// One value against another of the same type.
struct Same {
  bool operator()(double a, double b) const { return sameNumber(a, b); }
  bool operator()(const AmfObject& a, const AmfObject& b) const { return sameObject(a, b); }
  bool operator()(const AmfArray& a, const AmfArray& b) const { return sameArray(a, b); }
  bool operator()(const AmfArray& a, const AmfObject& b) const { return sameAsIndexed(a, b); }
  bool operator()(const AmfObject& a, const AmfArray& b) const { return sameAsIndexed(b, a); }
  bool operator()(AmfValue::Date a, AmfValue::Date b) const {
    return sameNumber(a.milliseconds, b.milliseconds);
  }
  bool operator()(const AmfValue::Vector& a, const AmfValue::Vector& b) const {
    return a.kind == b.kind && sameArray(a.items, b.items);
  }
  bool operator()(const AmfValue::Dictionary& a, const AmfValue::Dictionary& b) const {
    return sameArray(a.keys, b.keys) && sameArray(a.values, b.values);
  }
  bool operator()(AmfValue::Null, AmfValue::Undefined) const { return true; }
  bool operator()(AmfValue::Undefined, AmfValue::Null) const { return true; }
  template <typename T>
  bool operator()(const T& a, const T& b) const {
    return a == b;
  }
  template <typename A, typename B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

/// What a value holds beside itself.
struct Inside {
  std::size_t operator()(const std::string& text) const { return text.size(); }
  std::size_t operator()(const AmfValue::Xml& xml) const { return xml.text.size(); }
  std::size_t operator()(const AmfValue::ByteArray& array) const { return array.bytes.size(); }
  std::size_t operator()(const AmfValue::Vector& vector) const { return (*this)(vector.items); }
  std::size_t operator()(const AmfValue::Dictionary& pairs) const {
    return (*this)(pairs.keys) + (*this)(pairs.values);
  }
  std::size_t operator()(const AmfArray& array) const {
    std::size_t sum = 0;
    for (const AmfValue& value : array) sum += footprint(value);
    return sum;
  }
  std::size_t operator()(const AmfObject& object) const {
    std::size_t sum = object.className().size();
    for (const AmfProperty& property : object.properties())
      sum += sizeof(std::string) + property.name.size() + footprint(property.value);
    return sum;
  }
  template <typename T>
  std::size_t operator()(const T&) const {
    return 0;
  }
};

}  // namespace

SlotValue slotValue(AmfValue value) {
  if (value.isNull() || value.isUndefined()) return {};
  return value;
}

bool sameValue(const AmfValue& a, const AmfValue& b) {
  return std::visit(Same(), a.variant(), b.variant());
}

bool sameValue(const SlotValue& a, const SlotValue& b) {
  return a && b ? sameValue(*a, *b) : a.has_value() == b.has_value();
}

std::size_t footprint(const AmfValue& value) {
  return sizeof(AmfValue) + std::visit(Inside(), value.variant());
}

std::size_t footprint(const SlotValue& value) {
  return value ? footprint(*value) : 0;
}

bool within(const AmfValue& value, std::size_t levels) {
  return levels > 0 &&
         !anyInside(value, [levels](const AmfValue& inner) { return !within(inner, levels - 1); });
}

namespace {

bool sameNumber(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

using Sorted = std::vector<const AmfProperty*>;

Sorted sorted(const AmfObject& object) {
  Sorted properties;
  properties.reserve(object.size());
  for (const AmfProperty& property : object.properties()) properties.push_back(&property);
  std::sort(properties.begin(), properties.end(),
            [](const AmfProperty* a, const AmfProperty* b) { return a->name < b->name; });
  return properties;
}

// By sorting: objects of a peer may have tens of thousands of properties, which a search for each would make
// very slow.
bool sameObject(const AmfObject& a, const AmfObject& b) {
  if (a.size() != b.size()) return false;
  const Sorted of_a = sorted(a), of_b = sorted(b);
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), [](const AmfProperty* x, const AmfProperty* y) {
    return x->name == y->name && sameValue(x->value, y->value);
  });
}

bool sameArray(const AmfArray& a, const AmfArray& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const AmfValue& x, const AmfValue& y) { return sameValue(x, y); });
}

// An array whose indices have become names.
bool sameAsIndexed(const AmfArray& array, const AmfObject& object) {
  if (array.size() != object.size()) return false;
  std::vector<std::pair<std::string, const AmfValue*>> indexed;
  for (std::size_t i = 0; i < array.size(); ++i) indexed.emplace_back(std::to_string(i), &array[i]);
  std::sort(indexed.begin(), indexed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const Sorted named = sorted(object);
  return std::equal(indexed.begin(), indexed.end(), named.begin(),
                    [](const auto& item, const AmfProperty* p) {
                      return item.first == p->name && sameValue(*item.second, p->value);
                    });
}

template <typename Visitor>
bool anyInside(const AmfValue& value, Visitor visitor) {
  const auto any = [&visitor](const AmfArray& items) {
    return std::any_of(items.begin(), items.end(), visitor);
  };
  if (const AmfArray* array = value.array()) return any(*array);
  if (const AmfObject* object = value.object())
    return std::any_of(object->properties().begin(), object->properties().end(),
                       [&visitor](const AmfProperty& property) { return visitor(property.value); });
  if (const auto* vector = std::get_if<AmfValue::Vector>(&value.variant())) return any(vector->items);
  if (const auto* pairs = std::get_if<AmfValue::Dictionary>(&value.variant()))
    return any(pairs->keys) || any(pairs->values);
  return false;
}

}  // namespace

}  // namespace multiconn::rtmp
