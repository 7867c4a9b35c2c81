#include "support/simulated_login.hpp"

#include <algorithm>
#include <map>

#include "rtmp/publisher_auth.hpp"

namespace multiconn::test {

namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

Fields fieldsOf(std::string_view query) {
  Fields fields;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    fields[std::string(pair.substr(0, equals))] = pair.substr(std::min(equals + 1, pair.size()));
  }
  return fields;
}

}  // namespace

std::optional<std::string> SimulatedLogin::rejection(std::string_view app, std::string_view query) const {
  Fields fields = fieldsOf(query);
  const std::string mod_text = "authmod=" + mod + " ";
  if (fields["authmod"] != mod)
    return "[ AccessManager.Reject ] : [ code=403 need auth; authmod=" + mod + " ] : ";
  if (fields["user"] != user) return "[ AccessManager.Reject ] : [ " + mod_text + "] : ?reason=nosuchuser";
  if (!fields.contains("response")) {
    const std::string asked =
        "[ AccessManager.Reject ] : [ " + mod_text + "] : ?reason=needauth&user=" + user;
    if (mod == "llnw") return asked + "&nonce=" + nonce;
    return asked + "&salt=" + salt + "&challenge=" + challenge + "&opaque=" + opaque;
  }
  const rtmp::PublisherCredentials credentials{user, password};
  const std::string expected = mod == "llnw"
                                   ? rtmp::llnwResponse(credentials, app, nonce, fields["cnonce"])
                                   : rtmp::adobeResponse(credentials, salt, opaque, fields["challenge"]);
  if (fields["response"] == expected) return {};
  return "[ AccessManager.Reject ] : [ " + mod_text + "] : ?reason=authfailed&opaque=" + opaque;
}

}  // namespace multiconn::test
