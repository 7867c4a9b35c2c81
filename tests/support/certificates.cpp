#include "support/certificates.hpp"

#include "scratch/certificate.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::test {

using scratch::addExtension;
using scratch::Certificate;
using scratch::Key;
using scratch::makeCertificate;
using scratch::makeKey;
using scratch::savePem;
using scratch::sign;

struct TestAuthority::Impl {
  explicit Impl(const std::string& authority) : name(authority) {}
  std::string name;
  TemporaryFolder folder;
  Key key = makeKey();
  Certificate certificate = makeCertificate(key.get(), name, 1, std::chrono::hours(48));
  long last_serial = 1;
};

TestAuthority::TestAuthority(const std::string& name) : impl_(std::make_unique<Impl>(name)) {
  X509* own = impl_->certificate.get();
  addExtension(own, NID_basic_constraints, "critical,CA:TRUE");
  sign(own, own, impl_->key.get());
  savePem(caFile(), own);
}

TestAuthority::~TestAuthority() = default;

std::string TestAuthority::caFile() const {
  return impl_->folder.file("ca.pem");
}

CertificateFiles TestAuthority::issue(const std::string& name, const std::string& alternative_names,
                                      std::chrono::hours valid_for) const {
  const long serial = ++impl_->last_serial;
  const Key key = makeKey();
  const Certificate certificate = makeCertificate(key.get(), name, serial, valid_for);
  addExtension(certificate.get(), NID_subject_alt_name, alternative_names);
  sign(certificate.get(), impl_->certificate.get(), impl_->key.get());
  const std::string stem = impl_->folder.file(std::to_string(serial));
  const CertificateFiles files{stem + ".pem", stem + ".key"};
  savePem(files.certificate, certificate.get());
  savePem(files.key, key.get());
  return files;
}

}  // namespace multiconn::test
