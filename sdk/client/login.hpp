#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <multiconn/destination.hpp>

#include "client/secret_mask.hpp"
#include "rtmp/publisher_auth.hpp"

namespace multiconn::client {

/// One attempt to log in as encoders do, adobe or llnw: the user is named, the challenge answered, and that
/// was it.
class Login {
 public:
  struct Step {
    std::string parameters;  ///< for app and tcUrl of the next connect
    std::string refusal;     ///< or why there is none: one sentence
  };
  /// `app`: as the url has it. `nonce`: 8 hexadecimal digits. What must not be said is added to `mask`.
  Step next(const rtmp::AuthChallenge& challenge, const Credentials& credentials, std::string_view app,
            std::string_view nonce, SecretMask& mask);

 private:
  enum class Stage : std::uint8_t { nothing, named, answered };
  Stage stage_ = Stage::nothing;
};

}  // namespace multiconn::client
