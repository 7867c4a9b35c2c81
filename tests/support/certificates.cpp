#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace multiconn::test {
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
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

constexpr long day = 24 * 60 * 60;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("cannot make a test certificate: ") + what);
}

Key makeKey() {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "key");
  return key;
}

void addExtension(X509* certificate, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1), "extension");
}

Certificate makeCertificate(EVP_PKEY* key, const std::string& name, long serial,
                            std::chrono::hours valid_for) {
  Certificate certificate(X509_new());
  require(certificate != nullptr, "certificate");
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -day + std::chrono::seconds(valid_for).count());
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

File openFile(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "w"));
  require(file != nullptr, "file");
  return file;
}

void save(const std::filesystem::path& path, X509* certificate) {
  require(PEM_write_X509(openFile(path).get(), certificate) == 1, "certificate file");
}

void save(const std::filesystem::path& path, EVP_PKEY* key) {
  require(PEM_write_PrivateKey(openFile(path).get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "key file");
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "multiconn-test-XXXXXX";
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make a directory for a test");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

struct TestAuthority::Impl {
  explicit Impl(const std::string& authority) : name(authority) {}
  std::string name;
  TemporaryDirectory directory;
  Key key = makeKey();
  Certificate certificate = makeCertificate(key.get(), name, 1, std::chrono::hours(48));
  long last_serial = 1;
};

TestAuthority::TestAuthority(const std::string& name) : impl_(std::make_unique<Impl>(name)) {
  X509* own = impl_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  addExtension(own, NID_basic_constraints, "critical,CA:TRUE");
  require(X509_sign(own, impl_->key.get(), EVP_sha256()) > 0, "signature");
  save(caFile(), own);
}

TestAuthority::~TestAuthority() = default;

std::string TestAuthority::caFile() const {
  return impl_->directory.path() / "ca.pem";
}

CertificateFiles TestAuthority::issue(const std::string& name, const std::string& alternative_names,
                                      std::chrono::hours valid_for) const {
  const long serial = ++impl_->last_serial;
  const Key key = makeKey();
  const Certificate certificate = makeCertificate(key.get(), name, serial, valid_for);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(impl_->certificate.get()));
  addExtension(certificate.get(), NID_subject_alt_name, alternative_names);
  require(X509_sign(certificate.get(), impl_->key.get(), EVP_sha256()) > 0, "signature");
  const auto stem = impl_->directory.path() / std::to_string(serial);
  const CertificateFiles files{stem.string() + ".pem", stem.string() + ".key"};
  save(files.certificate, certificate.get());
  save(files.key, key.get());
  return files;
}

}  // namespace multiconn::test
