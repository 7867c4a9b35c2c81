#include "origin/stream_labels.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace multiconn::origin {
namespace {

// Structure alone (RFC 3629 3): enough for JSON and HTML readers.
bool isUtf8(std::string_view text) {
  std::size_t continuation = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0) == 0x80;
    if (continues != (continuation > 0) || byte == 0xC0 || byte == 0xC1 || byte > 0xF4) return false;
    if (continues) {
      --continuation;
    } else if (byte >= 0xC0) {
      continuation = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
    }
  }
  return continuation == 0;
}

}  // namespace

StreamLabels::StreamLabels(bool show_names) : show_names_(show_names) {
  if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1) {
    throw std::runtime_error("the system has no random numbers");
  }
}

std::string StreamLabels::id(std::string_view app, std::string_view name) const {
  std::string text(app);
  text.append(1, '\0').append(name);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i < 4; ++i) id.append({digits[digest[i] >> 4], digits[digest[i] & 15]});
  return id;
}

std::string StreamLabels::name(std::string_view name) const {
  return show_names_ ? printable(name) : std::string("****");
}

std::string StreamLabels::line(std::string_view app, std::string_view stream) const {
  return printable(app) + "/" + name(stream) + " (" + id(app, stream) + ")";
}

std::string printable(std::string_view text) {
  std::string result(text.substr(0, 256));
  const bool utf8 = isUtf8(result);
  std::replace_if(
      result.begin(), result.end(),
      [utf8](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8);
      },
      '?');
  return result;
}

}  // namespace multiconn::origin
