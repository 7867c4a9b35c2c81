#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace multiconn {

/// How a server's certificate is judged (rtmps, and balancers asked by https).
struct TlsOptions {
  std::string ca_file;  ///< PEM file of trusted authorities; empty: the system's store
  /// Accept any certificate; reported as a warning status for every server it is used on.
  bool insecure = false;
};

/// What an encoder logs in with where a server asks for it (authmod adobe or llnw). Both schemes are weak:
/// prefer rtmps.
struct Credentials {
  std::string user, password;
};

/// What moves the bytes to a server.
enum class LinkEngine : std::uint8_t {
  automatic,  ///< native, and librtmp for what only it speaks: rtmpe and rtmpte
  native,     ///< our own: rtmp, rtmps and rtmpt
  librtmp,    ///< the library librtmp, for any scheme; see useLibrtmp() in librtmp.hpp
};

/// What a destination whose url is a balancer's wants of it. BalancerClient tells how balancers are asked.
struct BalancedServers {
  std::string app;        ///< app[/instance][?query] at the servers it names
  std::size_t count = 1;  ///< servers that differ, from 1 to 16
  std::string scheme{};   ///< the only one wanted; empty: the one the balancer names, rtmp if it names none
  std::vector<std::string> more_balancers{};  ///< asked when the url's own has no good answer
};

/// How a server that comes into a running broadcast, or back into it, catches up.
enum class Resume : std::uint8_t {
  ring,  ///< from the keyframe at or before what it has missed, faster than real time
         ///< (ConnectOptions::resume_age)
  live,  ///< from the next keyframe on: for servers that dislike a burst
};

/// Where one copy of the broadcast goes; with a balancer's url, `servers.count` copies.
struct Destination {
  /// rtmp[s|t|e|te]://host[:port]/app[/instance][?query], without the stream; or http[s]://host[:port]/
  /// loadbalancer, a balancer that is asked where to go.
  std::string url;
  std::optional<std::string> stream{};  ///< overrides publish()'s name here: each service has its own key
  std::optional<TlsOptions> tls{};      ///< overrides ConnectOptions::tls
  std::optional<Credentials> credentials{};  ///< override user:password@ of the url, and ConnectOptions'
  LinkEngine engine = LinkEngine::automatic;
  BalancedServers servers{};  ///< only for the url of a balancer
  Resume resume = Resume::ring;
  /// A spare: connected, and ready to publish, but silent until one of the others is lost; silent again once
  /// that one is back. ConnectOptions::require does not ask for it.
  bool standby = false;

  /// From rtmp[s|t|e|te]://host[:port]/app[/instance]/stream[?query], as encoders take it: the last path part
  /// with its query is the stream. Throws std::invalid_argument with one sentence, free of secrets, that says
  /// what is wrong.
  static Destination fromPublishUrl(std::string_view url);
};

/// Whether both name one stream at one server, however they are spelled: scheme, host, port, application with
/// its query, and stream are the same; who logs in does not count. `name`: what publish() is given, for those
/// without a stream of their own. False for a url with a mistake, and for a balancer's: where that leads is
/// not known. connect() and add() refuse the second of two such, as far as publish()'s name is known then.
bool samePlace(const Destination& one, const Destination& other, std::string_view name = {});

/// `url` with stream key, credentials and query values replaced by ****: fit for logs and screens. With a
/// publish URL pass has_stream = true, so that its last path part is masked.
std::string maskedUrl(std::string_view url, bool has_stream);

}  // namespace multiconn
