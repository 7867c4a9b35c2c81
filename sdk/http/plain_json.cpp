#include "http/plain_json.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <utility>

namespace multiconn::http {
namespace {

namespace json = boost::json;

std::string plain(double number) {
  if (!std::isfinite(number)) return "null";
  // The longest are the smallest, with a sign, "0." and 1074 digits behind it.
  std::array<char, 1100> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  return {text.data(), end.ptr};
}

void write(const json::value& value, std::string& out) {
  auto separate = [&out, first = true]() mutable {
    if (!std::exchange(first, false)) out += ',';
  };
  if (const auto* object = value.if_object()) {
    out += '{';
    for (const auto& [key, member] : *object) {
      separate();
      out.append(json::serialize(key)).append(1, ':');
      write(member, out);
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (const json::value& element : *array) {
      separate();
      write(element, out);
    }
    out += ']';
  } else {
    const double* const number = value.if_double();
    out += number ? plain(*number) : json::serialize(value);
  }
}

}  // namespace

std::string plainJson(const json::value& value) {
  std::string text;
  write(value, text);
  return text;
}

}  // namespace multiconn::http
