#pragma once

#include <optional>
#include <string>
#include <vector>

#include <multiconn/destination.hpp>

#include "net/link.hpp"

namespace multiconn::client {

/// A Destination made ready to connect to, or the reason why it cannot be.
struct Target {
  net::LinkTarget link;
  std::optional<std::string> stream;
  std::string masked_url;
  std::string error;  ///< one sentence, free of secrets; empty: usable
};

/// One Target per Destination, in their order. A url that does not parse, an empty stream and the repetition
/// of an earlier destination are errors of that Target alone.
std::vector<Target> checkDestinations(const std::vector<Destination>& destinations,
                                      const TlsOptions& default_tls);

}  // namespace multiconn::client
