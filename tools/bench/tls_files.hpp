#pragma once

#include <string>

namespace multiconn::bench {

/// Writes PEM files of a key and of a certificate for 127.0.0.1 that is its own authority, valid for two
/// days. Throws std::runtime_error.
void writeCertificate(const std::string& certificate_file, const std::string& key_file);

}  // namespace multiconn::bench
