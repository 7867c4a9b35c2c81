#include "rtmp/publisher_auth.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "rtmp/bytes.hpp"

namespace multiconn::rtmp {
namespace {

using Md5 = std::array<unsigned char, 16>;

std::optional<AuthChallenge::Scheme> schemeIn(std::string_view description);
AuthChallenge parseReason(AuthChallenge::Scheme scheme, std::string_view query);
bool contains(std::string_view text, std::string_view part);
Md5 md5(std::string_view text);
std::string base64(const Md5& digest);
std::string hexDigits(const Md5& digest);
std::string joined(std::initializer_list<std::string_view> parts);

}  // namespace

// As Flash Media Server words it: "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]", then
// "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=..&salt=..&challenge=..&opaque=..".
std::optional<AuthChallenge> parseAuthChallenge(std::string_view description) {
  const auto scheme = schemeIn(description);
  if (!scheme) return {};
  constexpr std::string_view reason = "reason=";
  if (const std::size_t at = description.find(reason); at != std::string_view::npos) {
    const std::string_view query = description.substr(at + reason.size());
    return parseReason(*scheme, query.substr(0, query.find_first_of(" ]\t\r\n")));
  }
  if (!contains(description, "need auth")) return {};
  AuthChallenge challenge;
  challenge.scheme = *scheme;
  return challenge;
}

std::string authParameters(const AuthChallenge& challenge, const PublisherCredentials& credentials,
                           std::string_view app, std::string_view nonce) {
  using Step = AuthChallenge::Step;
  if (challenge.step == Step::refused) return {};
  const bool adobe = challenge.scheme == AuthChallenge::Scheme::adobe;
  std::string text = joined(
      {contains(app, "?") ? "&" : "?", "authmod=", adobe ? "adobe" : "llnw", "&user=", credentials.user});
  if (challenge.step == Step::announced) return text;
  if (adobe) {
    const std::string_view x = challenge.has_opaque ? challenge.opaque : challenge.challenge;
    text +=
        joined({"&challenge=", nonce, "&response=", adobeResponse(credentials, challenge.salt, x, nonce)});
    return challenge.has_opaque ? text + "&opaque=" + challenge.opaque : text;
  }
  return text + joined({"&nonce=", challenge.nonce, "&cnonce=", nonce,
                        "&nc=00000001&response=", llnwResponse(credentials, app, challenge.nonce, nonce)});
}

std::string adobeResponse(const PublisherCredentials& credentials, std::string_view salt, std::string_view x,
                          std::string_view client_challenge) {
  const std::string first = base64(md5(joined({credentials.user, salt, credentials.password})));
  return base64(md5(joined({first, x, client_challenge})));
}

std::string llnwResponse(const PublisherCredentials& credentials, std::string_view app,
                         std::string_view nonce, std::string_view client_nonce) {
  app = app.substr(0, app.find('?'));
  const std::string_view instance = contains(app, "/") ? "" : "/_definst_";
  const std::string user = hexDigits(md5(joined({credentials.user, ":live:", credentials.password})));
  const std::string action = hexDigits(md5(joined({"publish:/", app, instance})));
  return hexDigits(md5(joined({user, ":", nonce, ":00000001:", client_nonce, ":auth:", action})));
}

namespace {

std::optional<AuthChallenge::Scheme> schemeIn(std::string_view description) {
  if (contains(description, "authmod=adobe")) return AuthChallenge::Scheme::adobe;
  if (contains(description, "authmod=llnw")) return AuthChallenge::Scheme::llnw;
  return {};
}

// "needauth&user=..&salt=..": a value may hold "=", being Base64.
AuthChallenge parseReason(AuthChallenge::Scheme scheme, std::string_view query) {
  AuthChallenge challenge;
  challenge.scheme = scheme;
  const std::string_view reason = query.substr(0, query.find('&'));
  challenge.step = reason == "needauth" ? AuthChallenge::Step::needed : AuthChallenge::Step::refused;
  query.remove_prefix(reason.size());
  while (!query.empty()) {
    query.remove_prefix(1);
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(item.size());
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = item.substr(0, equals);
    const std::string value(item.substr(equals + 1));
    if (name == "salt") challenge.salt = value;
    if (name == "challenge") challenge.challenge = value;
    if (name == "nonce") challenge.nonce = value;
    if (name == "opaque") {
      challenge.opaque = value;
      challenge.has_opaque = true;
    }
  }
  return challenge;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Md5 md5(std::string_view text) {
  Md5 digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_md5(), nullptr);
  return digest;
}

std::string base64(const Md5& digest) {
  std::array<unsigned char, 25> text{};  // 24 characters, and the terminator OpenSSL adds
  const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {text.begin(), text.begin() + size};
}

std::string hexDigits(const Md5& digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[byte >> shift & 0xF];
  }
  return text;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace
}  // namespace multiconn::rtmp
