#include "balance/sealed_datagram_crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <stdexcept>

namespace multiconn::balance {
namespace {

using rtmp::BytesView;

constexpr std::string_view report_info = "multiconn report 1";

const unsigned char* octets(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* writable(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL lacks HKDF-SHA256 or AES-256-GCM, or has no memory left");
}

int length(BytesView bytes) {
  return static_cast<int>(bytes.size());
}

}  // namespace

Hkdf::Hkdf() {
  const std::unique_ptr<EVP_KDF, Destroy<EVP_KDF_free>> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  require(kdf != nullptr);
  context_.reset(EVP_KDF_CTX_new(kdf.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  require(context_ != nullptr && EVP_KDF_CTX_set_params(context_.get(), parameters) == 1);
}

void Hkdf::derive(std::string_view text, BytesView salt, std::string_view info, std::span<std::byte> out) {
  const auto part = [](const char* name, BytesView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(bytes.data()), bytes.size());
  };
  const OSSL_PARAM parameters[] = {
      part(OSSL_KDF_PARAM_KEY, rtmp::asBytes(text)),
      part(OSSL_KDF_PARAM_SALT, salt),
      part(OSSL_KDF_PARAM_INFO, rtmp::asBytes(info)),
      OSSL_PARAM_construct_end(),
  };
  require(EVP_KDF_derive(context_.get(), writable(out), out.size(), parameters) == 1);
}

DerivedKey Hkdf::derive(const SharedKey& key, const Guid& guid, const Boot& boot) {
  std::array<std::byte, 32> salt;
  std::copy(guid.bytes.begin(), guid.bytes.end(), salt.begin());
  put64(std::span(salt).subspan(16, 8), boot.counter);
  std::copy(boot.id.begin(), boot.id.end(), salt.begin() + 24);
  DerivedKey derived;
  derive(key.text(), salt, report_info, derived);
  return derived;
}

Gcm::Gcm() : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)), context_(EVP_CIPHER_CTX_new()) {
  require(cipher_ != nullptr && context_ != nullptr);
}

void Gcm::seal(const DerivedKey& key, std::uint64_t seq, BytesView clear, BytesView plain,
               std::span<std::byte> sealed) {
  require(begin(key, seq, 1));
  int size = 0;
  require(EVP_EncryptUpdate(context_.get(), nullptr, &size, octets(clear), length(clear)) == 1);
  require(EVP_EncryptUpdate(context_.get(), writable(sealed), &size, octets(plain), length(plain)) == 1);
  require(EVP_EncryptFinal_ex(context_.get(), writable(sealed), &size) == 1);
  require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_bytes),
                              sealed.data() + plain.size()) == 1);
}

bool Gcm::open(const DerivedKey& key, std::uint64_t seq, BytesView clear, BytesView sealed,
               std::span<std::byte> plain) {
  const BytesView text = sealed.first(sealed.size() - tag_bytes);
  std::array<std::byte, tag_bytes> tag;
  std::copy(sealed.end() - tag_bytes, sealed.end(), tag.begin());
  int size = 0;
  return begin(key, seq, 0) &&
         EVP_DecryptUpdate(context_.get(), nullptr, &size, octets(clear), length(clear)) == 1 &&
         EVP_DecryptUpdate(context_.get(), writable(plain), &size, octets(text), length(text)) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_bytes),
                             tag.data()) == 1 &&
         EVP_DecryptFinal_ex(context_.get(), writable(plain), &size) == 1;
}

bool Gcm::begin(const DerivedKey& key, std::uint64_t seq, int encrypt) {
  std::array<std::byte, 12> nonce{};
  put64(std::span(nonce).subspan(4), seq);
  return EVP_CipherInit_ex2(context_.get(), cipher_.get(), octets(key), octets(nonce), encrypt, nullptr) == 1;
}

void put64(std::span<std::byte> out, std::uint64_t value) {
  for (std::size_t i = 8; i-- > 0; value >>= 8) out[i] = static_cast<std::byte>(value & 0xFF);
}

}  // namespace multiconn::balance
