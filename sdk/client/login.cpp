#include "client/login.hpp"

namespace multiconn::client {

namespace {

std::string_view responseIn(std::string_view parameters) {
  constexpr std::string_view key = "response=";
  const std::size_t at = parameters.find(key);
  if (at == std::string_view::npos) return {};
  parameters.remove_prefix(at + key.size());
  return parameters.substr(0, parameters.find('&'));
}

}  // namespace

Login::Step Login::next(const rtmp::AuthChallenge& challenge, const Credentials& credentials,
                        std::string_view app, std::string_view nonce, SecretMask& mask) {
  using Asked = rtmp::AuthChallenge::Step;
  mask.add(credentials.user);
  mask.add(credentials.password);
  if (challenge.step == Asked::refused || stage_ == Stage::answered)
    return {{}, "The server refused the login: check the user and the password."};
  if (challenge.step == Asked::announced && stage_ == Stage::named)
    return {{}, "The server asked for a login and then for another one."};
  stage_ = challenge.step == Asked::announced ? Stage::named : Stage::answered;
  Step step{rtmp::authParameters(challenge, {credentials.user, credentials.password}, app, nonce), {}};
  mask.addPassing(responseIn(step.parameters));
  return step;
}

}  // namespace multiconn::client
