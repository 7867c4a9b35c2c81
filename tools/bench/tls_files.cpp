#include "tls_files.hpp"

#include "certificate.hpp"

namespace multiconn::bench {

void writeCertificate(const std::string& certificate_file, const std::string& key_file) {
  const Key key = makeKey();
  const Certificate certificate = makeCertificate(key.get(), "multiconn-bench", 1, std::chrono::hours(48));
  addExtension(certificate.get(), NID_subject_alt_name, "IP:127.0.0.1");
  sign(certificate.get(), certificate.get(), key.get());
  savePem(certificate_file, certificate.get());
  savePem(key_file, key.get());
}

}  // namespace multiconn::bench
