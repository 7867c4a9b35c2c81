#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/balancer_client.hpp>
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
  Resume resume = Resume::ring;                  ///< Destination::resume
  bool standby = false;                          ///< Destination::standby
  bool pipelining = true;  ///< until the server has shown that it does not understand it
  /// What balancers are asked for this server; also once it is found, since it has to be asked again when the
  /// server is lost. Shared by those that one answer is for. Null: the destination names its server.
  std::shared_ptr<const BalancerQuestion> question;
  std::string error;  ///< one sentence, free of secrets; empty: usable

  /// Only a balancer can tell where this leads.
  bool unknown() const { return question && link.url.host.empty(); }
};

/// One Target per Destination, in their order, and as many as `servers.count` where it is a balancer's. A url
/// that does not parse, an empty stream and the repetition of an earlier destination (refuseRepeats(), as
/// long as publish()'s name is not known) are errors of that Target alone.
std::vector<Target> checkDestinations(const std::vector<Destination>& destinations,
                                      const TlsOptions& default_tls);

/// `asked`, now that a balancer has named its server.
Target foundTarget(const Target& asked, const FoundServer& server);
/// The samePlace() of destination.hpp. Neither may be unknown().
bool samePlace(const Target& one, const Target& other, std::string_view name);
/// Gives an error to each that is the samePlace() as an earlier one. Again, once publish()'s name is known.
void refuseRepeats(std::vector<Target>& targets, std::string_view name);

/// Names of hosts do not differ by case.
bool sameHost(std::string_view one, std::string_view other);
std::string lowerCase(std::string_view text);

}  // namespace multiconn::client
