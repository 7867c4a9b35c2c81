#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiconn::rtmp {

/// What an encoder logs in with. The schemes use MD5 and are weak: prefer rtmps.
struct PublisherCredentials {
  std::string user, password;
};

/// What a description of Connect.Rejected says about logging in.
struct AuthChallenge {
  enum class Scheme : std::uint8_t { adobe, llnw };
  enum class Step : std::uint8_t {
    announced,  ///< "code=403 need auth": name the user
    needed,     ///< "reason=needauth": answer the challenge
    refused,    ///< "reason=authfailed", "reason=nosuchuser" and the like: the credentials are wrong
  };
  Scheme scheme{};
  Step step{};
  std::string salt, challenge, opaque, nonce;
  bool has_opaque = false;
};

/// Nothing when the description is not about logging in.
std::optional<AuthChallenge> parseAuthChallenge(std::string_view description);

/// What is appended to app and tcUrl, "?" or "&" in front included, for the next connect. `app`: without what
/// earlier steps appended. `nonce`: 8 hexadecimal digits of the client's choosing.
std::string authParameters(const AuthChallenge& challenge, const PublisherCredentials& credentials,
                           std::string_view app, std::string_view nonce);

/// The response of the adobe scheme: base64(MD5(base64(MD5(user salt password)) x client_challenge)), where x
/// is `opaque` or, without one, `challenge`.
std::string adobeResponse(const PublisherCredentials& credentials, std::string_view salt, std::string_view x,
                          std::string_view client_challenge);
/// The response of the llnw scheme, an HTTP digest over publish:/app.
std::string llnwResponse(const PublisherCredentials& credentials, std::string_view app,
                         std::string_view nonce, std::string_view client_nonce);

}  // namespace multiconn::rtmp
