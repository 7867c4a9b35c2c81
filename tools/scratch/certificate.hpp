#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

/// Certificates made on the spot, for what runs on one machine and ends soon. All of these throw
/// std::runtime_error.
namespace multiconn::scratch {

template <auto function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

inline void requireDone(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("cannot make a certificate: ") + what);
}

inline Key makeKey() {
  Key key(EVP_EC_gen("P-256"));
  requireDone(key != nullptr, "key");
  return key;
}

/// Valid from a day ago for `valid_for`. Without an issuer, extensions and a signature still.
inline Certificate makeCertificate(EVP_PKEY* key, const std::string& name, long serial,
                                   std::chrono::seconds valid_for) {
  constexpr long day = 24 * 60 * 60;
  Certificate made(X509_new());
  X509* const certificate = made.get();
  requireDone(
      certificate != nullptr && X509_set_version(certificate, 2) == 1 &&
          ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1 &&
          X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nullptr &&
          X509_gmtime_adj(X509_getm_notAfter(certificate), -day + valid_for.count()) != nullptr &&
          X509_set_pubkey(certificate, key) == 1 &&
          X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1,
      "certificate");
  return made;
}

/// `value` as OpenSSL's configuration files have it.
inline void addExtension(X509* certificate, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  requireDone(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

/// Last of all. `issuer` may be the certificate itself; `key` is the issuer's.
inline void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  requireDone(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
                  X509_sign(certificate, key, EVP_sha256()) > 0,
              "signature");
}

inline std::unique_ptr<std::FILE, Free<std::fclose>> openToWrite(const std::string& path) {
  std::unique_ptr<std::FILE, Free<std::fclose>> file(std::fopen(path.c_str(), "w"));
  requireDone(file != nullptr, "file");
  return file;
}

inline void savePem(const std::string& path, X509* certificate) {
  requireDone(PEM_write_X509(openToWrite(path).get(), certificate) == 1, "certificate file");
}

inline void savePem(const std::string& path, EVP_PKEY* key) {
  requireDone(PEM_write_PrivateKey(openToWrite(path).get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
              "key file");
}

}  // namespace multiconn::scratch
