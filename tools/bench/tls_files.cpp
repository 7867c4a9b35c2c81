#include "tls_files.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace multiconn::bench {
namespace {

template <auto function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

constexpr long day = 24 * 60 * 60;

void require(bool done) {
  if (!done) throw std::runtime_error("cannot make a certificate");
}

Certificate selfSigned(EVP_PKEY* key) {
  Certificate made(X509_new());
  const Extension names(X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
  require(made && names);
  X509* const certificate = made.get();
  X509_NAME* const name = X509_get_subject_name(certificate);
  const auto* const text = reinterpret_cast<const unsigned char*>("multiconn-bench");
  const bool complete =
      X509_set_version(certificate, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate), day) != nullptr &&
      X509_set_pubkey(certificate, key) == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate, name) == 1 && X509_add_ext(certificate, names.get(), -1) == 1 &&
      X509_sign(certificate, key, EVP_sha256()) > 0;
  require(complete);
  return made;
}

}  // namespace

void writeCertificate(const std::string& certificate_file, const std::string& key_file) {
  const Key key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  const Certificate certificate = selfSigned(key.get());
  const File for_certificate(std::fopen(certificate_file.c_str(), "w"));
  const File for_key(std::fopen(key_file.c_str(), "w"));
  require(for_certificate && for_key && PEM_write_X509(for_certificate.get(), certificate.get()) == 1 &&
          PEM_write_PrivateKey(for_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

}  // namespace multiconn::bench
