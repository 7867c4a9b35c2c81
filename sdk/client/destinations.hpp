#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/destination.hpp>

#include "net/link.hpp"

namespace multiconn::client {

/// A Destination made ready to connect to, or the reason why it cannot be.
struct Target {
  net::LinkTarget link;
  std::optional<std::string> stream;
  std::string masked_url;
  std::optional<Credentials> credentials;        ///< the destination's, or its url's
  std::string login_host;                        ///< the only one that credentials go to
  std::optional<std::string> redirected_stream;  ///< the name that a redirect gave the stream
  bool pipelining = true;  ///< until the server has shown that it does not understand it
  std::string error;       ///< one sentence, free of secrets; empty: usable
};

/// One Target per Destination, in their order. A url that does not parse, an empty stream and the repetition
/// of an earlier destination are errors of that Target alone.
std::vector<Target> checkDestinations(const std::vector<Destination>& destinations,
                                      const TlsOptions& default_tls);

/// Names of hosts do not differ by case.
bool sameHost(std::string_view one, std::string_view other);
std::string lowerCase(std::string_view text);

}  // namespace multiconn::client
