#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace multiconn::test {

/// A server that wants encoders to log in, adobe or llnw.
struct SimulatedLogin {
  std::string mod = "adobe";
  std::string user, password;
  std::string salt = "SALT1234", challenge = "testchallenge", opaque = "OPQ==", nonce = "n0nce";

  /// What the connect with this query is rejected with; nothing: it may come in. `app`: as in the url.
  std::optional<std::string> rejection(std::string_view app, std::string_view query) const;
};

}  // namespace multiconn::test
