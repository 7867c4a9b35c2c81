#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiconn {

/// How a server's certificate is judged (rtmps only).
struct TlsOptions {
  std::string ca_file;  ///< PEM file of trusted authorities; empty: the system's store
  bool insecure =
      false;  ///< accept any certificate; reported as a warning status for every server it is used on
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

/// Where one copy of the broadcast goes.
struct Destination {
  std::string url;  ///< rtmp[s|t|e|te]://host[:port]/app[/instance][?query], without the stream
  std::optional<std::string> stream{};  ///< overrides publish()'s name here: each service has its own key
  std::optional<TlsOptions> tls{};      ///< overrides ConnectOptions::tls
  std::optional<Credentials> credentials{};  ///< override user:password@ of the url, and ConnectOptions'
  LinkEngine engine = LinkEngine::automatic;

  /// From rtmp[s]://host[:port]/app[/instance]/stream[?query], as encoders take it: the last path part with
  /// its query is the stream. Throws std::invalid_argument with one sentence, free of secrets, that says what
  /// is wrong.
  static Destination fromPublishUrl(std::string_view url);
};

/// `url` with stream key, credentials and query values replaced by ****: fit for logs and screens. With a
/// publish URL pass has_stream = true, so that its last path part is masked.
std::string maskedUrl(std::string_view url, bool has_stream);

}  // namespace multiconn
