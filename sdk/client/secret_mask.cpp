#include "client/secret_mask.hpp"

#include <algorithm>

namespace multiconn::client {

namespace {

constexpr std::string_view mask = "****";
// Below this a secret is only taken out where it stands by itself: "1" is part of too many words.
constexpr std::size_t short_secret = 6;
// The decoder stops at rtmp::Limits::amf_depth; this only bounds values that did not come from it.
constexpr unsigned max_depth = 64;

constexpr std::size_t most_passing = 8;
constexpr std::size_t most_from_server = 64;
constexpr std::size_t longest_from_server = 4096;  // longer urls are not followed

std::vector<std::string_view> secretsIn(std::string_view text, bool name_is_secret) {
  std::vector<std::string_view> secrets;
  const std::size_t mark = text.find('?');
  if (name_is_secret) secrets = {text, text.substr(0, mark)};
  if (mark != std::string_view::npos) {
    std::string_view query = text.substr(mark + 1);
    while (!query.empty()) {
      const std::string_view pair = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(query.size(), pair.size() + 1));
      const std::size_t equals = pair.find('=');
      secrets.push_back(equals == std::string_view::npos ? pair : pair.substr(equals + 1));
    }
  }
  std::erase_if(secrets, [](std::string_view secret) { return secret.empty(); });
  return secrets;
}

bool wordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool standsAlone(std::string_view text, std::size_t at, std::size_t length) {
  const bool before = at > 0 && wordCharacter(text[at - 1]);
  const bool after = at + length < text.size() && wordCharacter(text[at + length]);
  return !before && !after;
}

}  // namespace

void SecretMask::add(std::string_view secret) {
  if (!secret.empty() && own_.emplace(secret).second) sort();
}

void SecretMask::addPassing(std::string_view secret) {
  if (!secret.empty() && addTo(passing_, secret, most_passing)) sort();
}

void SecretMask::addWithQuery(std::string_view text, bool name_is_secret) {
  for (const std::string_view secret : secretsIn(text, name_is_secret)) add(secret);
}

void SecretMask::addFromServer(std::string_view text, bool name_is_secret) {
  bool added = false;
  for (const std::string_view secret : secretsIn(text.substr(0, longest_from_server), name_is_secret))
    added |= addTo(from_server_, secret, most_from_server);
  if (added) sort();
}

/// False: it is known already.
bool SecretMask::addTo(std::deque<std::string>& list, std::string_view secret, std::size_t most) {
  if (own_.contains(secret) || std::find(list.begin(), list.end(), secret) != list.end()) return false;
  list.emplace_back(secret);
  if (list.size() > most) list.pop_front();
  return true;
}

void SecretMask::sort() {
  secrets_.assign(own_.begin(), own_.end());
  for (const auto* list : {&passing_, &from_server_})
    secrets_.insert(secrets_.end(), list->begin(), list->end());
  std::stable_sort(secrets_.begin(), secrets_.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string SecretMask::text(std::string_view text) const {
  std::string masked(text);
  for (const std::string& secret : secrets_) hide(masked, secret);
  return masked;
}

AmfValue SecretMask::value(const AmfValue& whole) const {
  return value(whole, 0);
}

void SecretMask::hide(std::string& text, const std::string& secret) const {
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    if (secret.size() < short_secret && !standsAlone(text, at, secret.size())) {
      at += secret.size();
      continue;
    }
    text.replace(at, secret.size(), mask);
    at += mask.size();
  }
}

AmfObject SecretMask::object(const AmfObject& object, unsigned depth) const {
  AmfObject masked;
  masked.kind(object.kind());
  masked.className(text(object.className()));
  for (const AmfProperty& property : object.properties())
    masked.append(text(property.name), value(property.value, depth + 1));
  return masked;
}

AmfValue SecretMask::value(const AmfValue& whole, unsigned depth) const {
  if (depth > max_depth) return {};
  if (const std::string* string = whole.string()) return text(*string);
  if (const AmfObject* members = whole.object()) return object(*members, depth);
  if (const AmfArray* items = whole.array()) {
    AmfArray masked;
    for (const AmfValue& item : *items) masked.push_back(value(item, depth + 1));
    return masked;
  }
  if (const auto* xml = std::get_if<AmfValue::Xml>(&whole.variant())) return AmfValue::Xml{text(xml->text)};
  return whole;
}

}  // namespace multiconn::client
