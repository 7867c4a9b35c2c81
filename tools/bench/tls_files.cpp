#include "tls_files.hpp"

#include "scratch/certificate.hpp"

namespace multiconn::bench {

void writeCertificate(const std::string& certificate_file, const std::string& key_file) {
  const scratch::Key key = scratch::makeKey();
  const scratch::Certificate certificate =
      scratch::makeCertificate(key.get(), "multiconn-bench", 1, std::chrono::hours(48));
  scratch::addExtension(certificate.get(), NID_subject_alt_name, "IP:127.0.0.1");
  scratch::sign(certificate.get(), certificate.get(), key.get());
  scratch::savePem(certificate_file, certificate.get());
  scratch::savePem(key_file, key.get());
}

}  // namespace multiconn::bench
