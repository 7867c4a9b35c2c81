#include "program/secret_files.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "balance/target_file.hpp"
#include "program/readable_by_others.hpp"
#include "program/text_file.hpp"

namespace multiconn::tools {
namespace {

constexpr std::size_t max_file_bytes = 64 * 1024, max_keys = 16;
constexpr std::size_t min_token_bytes = 16, max_token_bytes = 1024;
constexpr std::size_t unguessable_characters = 22;  // 128 random bits in base64

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\v\f";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string_view takeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::vector<std::string> readKeys(const std::filesystem::path& file,
                                  const std::function<void(const std::string&)>& warn) {
  const std::string text = readTextFile(file, max_file_bytes);
  if (isReadableByOthers(file))
    warn(file.string() + " holds keys and may be read by everybody: chmod o-r it");
  std::vector<std::string> keys;
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    ++number;
    const std::string_view line = takeLine(rest);
    if (line.empty() || line.front() == '#') continue;
    const std::string place = file.string() + ", line " + std::to_string(number);
    if (keys.size() == max_keys) throw std::runtime_error(place + ": there are more than 16 keys");
    checkKey(std::string(line), place, warn);
    keys.emplace_back(line);
  }
  if (keys.empty()) throw std::runtime_error(file.string() + " holds no key");
  return keys;
}

void checkKey(const std::string& key, const std::string& place,
              const std::function<void(const std::string&)>& warn) {
  if (!balance::isKey(key))
    throw std::runtime_error(place + ": a key is 8 to 256 printable ASCII characters");
  if (key.size() < unguessable_characters)
    warn(place + ": a key of " + std::to_string(key.size()) +
         " characters may be guessed; `multiconn-ctl keygen` makes a better one");
}

std::string readToken(const std::filesystem::path& file,
                      const std::function<void(const std::string&)>& warn) {
  const std::string text = readTextFile(file, max_file_bytes);
  if (warn && isReadableByOthers(file))
    warn(file.string() + " holds a token and may be read by everybody: chmod o-r it");
  std::string_view rest = text;
  const std::string_view token = takeLine(rest);
  const bool printable = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token.size() < min_token_bytes || token.size() > max_token_bytes || !printable)
    throw std::runtime_error(
        file.string() +
        ": the first line is a token of 16 to 1024 printable ASCII characters without blanks");
  return std::string(token);
}

// Digests, so that neither contents nor lengths tell on the clock.
bool equalInConstantTime(const std::string& left, const std::string& right) {
  using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
  const auto digest = [](const std::string& text) {
    Digest result;
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data());
    return result;
  };
  const Digest a = digest(left), b = digest(right);
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace multiconn::tools
