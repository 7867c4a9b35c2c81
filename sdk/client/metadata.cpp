#include "client/metadata.hpp"

#include <optional>

namespace multiconn::client {

namespace {

constexpr unsigned max_depth = 16;
constexpr std::size_t max_string = 65535;  // AMF0 2.4

std::optional<AmfValue> portable(const AmfValue& value, unsigned depth);

AmfObject portable(const AmfObject& object, AmfObject::Kind kind, unsigned depth) {
  AmfObject result;
  result.kind(kind);
  for (const AmfProperty& property : object.properties()) {
    if (property.name.empty() || property.name.size() > max_string) continue;
    if (auto value = portable(property.value, depth + 1)) result.append(property.name, std::move(*value));
  }
  return result;
}

std::optional<AmfValue> portableText(const std::string& text) {
  if (text.size() > max_string) return {};
  return AmfValue(text);
}

AmfValue portableArray(const AmfArray& items, unsigned depth) {
  AmfArray result;
  for (const AmfValue& item : items) result.push_back(portable(item, depth + 1).value_or(AmfValue(nullptr)));
  return result;
}

std::optional<AmfValue> portable(const AmfValue& value, unsigned depth) {
  if (depth > max_depth) return {};
  if (value.number() || value.boolean() || value.isNull()) return value;
  if (const std::string* text = value.string()) return portableText(*text);
  if (const AmfObject* object = value.object()) return portable(*object, object->kind(), depth);
  if (const AmfArray* items = value.array()) return portableArray(*items, depth);
  if (const auto* date = std::get_if<AmfValue::Date>(&value.variant())) return AmfValue(date->milliseconds);
  if (const auto* xml = std::get_if<AmfValue::Xml>(&value.variant())) return portableText(xml->text);
  return {};
}

}  // namespace

AmfObject mergedProperties(AmfObject below, const AmfObject& own) {
  for (const AmfProperty& property : own.properties()) below.set(property.name, property.value);
  return below;
}

AmfObject portableMetadata(const AmfObject& properties) {
  return portable(properties, AmfObject::Kind::ecma_array, 0);
}

}  // namespace multiconn::client
