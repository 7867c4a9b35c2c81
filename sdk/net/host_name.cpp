#include "net/host_name.hpp"

#include <algorithm>
#include <string>

#include "net/socket.hpp"

namespace multiconn::net {
namespace {

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;

bool isLabelCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool isLabel(std::string_view text) {
  return !text.empty() && text.size() <= longest_label && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), isLabelCharacter);
}

bool isName(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (!isLabel(label)) return false;
    // RFC 3696 2: no top-level domain is all digits; "10.0.0.300" is a mistyped address.
    if (dot == std::string_view::npos) return label.find_first_not_of("0123456789") != std::string_view::npos;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool isHost(std::string_view text) {
  if (text.empty() || text.size() > longest_name || text.find('\0') != std::string_view::npos) return false;
  return isName(text) || Address::numeric(std::string(text), 0).has_value();
}

}  // namespace multiconn::net
