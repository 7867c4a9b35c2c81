#pragma once

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "balance/sealed_datagram.hpp"

// What sealing and opening share; docs/wire-balancer.md has the layout.
namespace multiconn::balance {

using DerivedKey = std::array<std::byte, 32>;

constexpr std::uint8_t datagram_version = 1;
constexpr std::size_t clear_bytes = 1 + 4 + 16 + 8 + 8 + 8, tag_bytes = 16;

template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* object) const {
    destroy(object);
  }
};

/// HKDF-SHA256 (RFC 5869). This and Gcm throw std::runtime_error when OpenSSL does not work.
class Hkdf {
 public:
  Hkdf();
  void derive(std::string_view text, rtmp::BytesView salt, std::string_view info, std::span<std::byte> out);
  /// The key of one sender and boot.
  DerivedKey derive(const SharedKey& key, const Guid& guid, const Boot& boot);

 private:
  std::unique_ptr<EVP_KDF_CTX, Destroy<EVP_KDF_CTX_free>> context_;
};

/// AES-256-GCM with the nonce that belongs to `seq`.
class Gcm {
 public:
  Gcm();
  /// `sealed`: as long as `plain` and the tag together.
  void seal(const DerivedKey& key, std::uint64_t seq, rtmp::BytesView clear, rtmp::BytesView plain,
            std::span<std::byte> sealed);
  /// `sealed` holds a tag at least, and `plain` has room for the rest.
  bool open(const DerivedKey& key, std::uint64_t seq, rtmp::BytesView clear, rtmp::BytesView sealed,
            std::span<std::byte> plain);

 private:
  bool begin(const DerivedKey& key, std::uint64_t seq, int encrypt);

  std::unique_ptr<EVP_CIPHER, Destroy<EVP_CIPHER_free>> cipher_;
  std::unique_ptr<EVP_CIPHER_CTX, Destroy<EVP_CIPHER_CTX_free>> context_;
};

/// Big-endian, into the first 8 bytes.
void put64(std::span<std::byte> out, std::uint64_t value);

}  // namespace multiconn::balance
