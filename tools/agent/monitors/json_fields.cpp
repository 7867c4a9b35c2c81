#include "agent/monitors/json_fields.hpp"

#include <boost/json/parse.hpp>
#include <cmath>
#include <stdexcept>

namespace multiconn::agent {

namespace json = boost::json;

json::object parseObject(std::string_view text, const std::string& who) {
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object())
    throw std::runtime_error(who + " answered with something that is no JSON object");
  return std::move(value.get_object());
}

const json::object* objectIn(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  return value != nullptr ? value->if_object() : nullptr;
}

const json::array* arrayIn(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  return value != nullptr ? value->if_array() : nullptr;
}

std::string_view textIn(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::optional<double> numberIn(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_number()) return {};
  return value->to_number<double>();
}

std::optional<std::uint64_t> countIn(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_number()) return {};
  if (value->is_uint64()) return value->get_uint64();
  const auto number = value->to_number<double>();
  if (!(number >= 0) || number >= 9e18) return {};
  return static_cast<std::uint64_t>(number);
}

}  // namespace multiconn::agent
