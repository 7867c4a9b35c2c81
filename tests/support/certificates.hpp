#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace multiconn::test {

/// PEM files of a server's certificate and its key.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

/// A certificate authority of its own, in a directory that goes with it.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "multiconn test authority");
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  /// The authority's certificate, for TlsOptions::ca_file.
  std::string caFile() const;
  /// `alternative_names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". The certificate is valid from
  /// a day ago for `valid_for`; less than a day has expired.
  CertificateFiles issue(const std::string& name, const std::string& alternative_names,
                         std::chrono::hours valid_for = std::chrono::hours(48)) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::test
