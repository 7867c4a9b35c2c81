#include "rtmp/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace multiconn::rtmp {
namespace {

constexpr std::string_view hidden = "****";

struct Scheme {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array<Scheme, 6> schemes{
    {{"rtmp", 1935}, {"rtmps", 443}, {"rtmpe", 1935}, {"rtmpt", 80}, {"rtmpte", 80}, {"rtmpts", 443}}};

/// The text between "://" and the path, and what follows it, without its leading slashes.
struct Parts {
  std::string_view authority, path;
};

/// Sentences carry no part of the url: any of them may be a secret in the wrong place. Empty: no error.
using Problem = std::string;

Problem parseScheme(std::string_view& text, Url& url);
Problem parseUser(std::string_view& authority, Url& url);
Problem parseHost(std::string_view authority, Url& url);
Problem parsePort(std::string_view text, Url& url);
Parts splitPath(std::string_view text);
Problem parseServer(std::string_view text, Url& url, std::string_view& path);
std::string_view withoutTrailingSlashes(std::string_view path);

bool isSchemeCharacter(char c);
std::string_view withoutSpilledPassword(std::string_view rest, std::string& masked);
std::string printable(std::string_view text);
std::string withQueryMasked(std::string_view text);
std::string maskQuery(std::string_view query);
std::string maskAuthority(std::string_view authority);
std::uint16_t defaultPort(std::string_view scheme);
std::string authorityOf(const Url& url);
std::string absoluteUrl(const Url& base, std::string_view reference);

}  // namespace

UrlResult parseUrl(std::string_view text) {
  Url url;
  std::string_view path;
  if (Problem problem = parseServer(text, url, path); !problem.empty()) return {{}, std::move(problem)};
  const std::size_t query = std::min(path.find('?'), path.size());
  url.app = std::string(withoutTrailingSlashes(path.substr(0, query))) + std::string(path.substr(query));
  return {std::move(url), {}};
}

UrlResult resolveUrl(const Url& base, std::string_view reference) {
  if (reference.empty()) return {base, {}};
  UrlResult result = parseUrl(absoluteUrl(base, reference));
  if (!result.url) return result;
  Url& url = *result.url;
  const bool same_server = url.scheme == base.scheme && url.host == base.host && url.port == base.port;
  if (same_server && url.user.empty() && url.password.empty()) {
    url.user = base.user;
    url.password = base.password;
  }
  return result;
}

// The stream begins after the last slash in front of the first "?", so that a query may hold slashes. When
// that leaves no app ("app?token=x/stream"), the query is the app's and the stream begins after the last
// slash of all.
PublishUrlResult parsePublishUrl(std::string_view text) {
  Url url;
  std::string_view path;
  if (Problem problem = parseServer(text, url, path); !problem.empty()) return {{}, std::move(problem)};
  if (path.empty() || path.front() == '?') {
    return {{}, "the URL names no application: write rtmp://host/app/stream"};
  }
  std::size_t slash = path.substr(0, path.find('?')).rfind('/');
  if (slash == std::string_view::npos) slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {{}, "the URL names an application but no stream: write rtmp://host/app/stream"};
  }
  const std::string_view stream = path.substr(slash + 1);
  if (stream.empty() || stream.front() == '?') {
    return {{}, "the stream key is empty: put it behind the last slash, as in rtmp://host/app/stream"};
  }
  url.app = withoutTrailingSlashes(path.substr(0, slash));
  return {PublishUrl{std::move(url), std::string(stream)}, {}};
}

std::string Url::tcUrl() const {
  return scheme + "://" + authorityOf(*this) + "/" + app;
}

std::string Url::masked() const {
  const std::string credentials = user.empty() && password.empty() ? "" : std::string(hidden) + "@";
  return scheme + "://" + credentials + authorityOf(*this) + "/" + withQueryMasked(app);
}

std::string maskUrl(std::string_view text, bool has_stream) {
  const std::size_t mark = text.find("://");
  // A key alone, pasted where a URL belongs, has no scheme.
  if (mark == std::string_view::npos || !std::all_of(text.begin(), text.begin() + mark, isSchemeCharacter)) {
    return std::string(hidden);
  }
  std::string masked = std::string(text.substr(0, mark + 3));
  const std::string_view rest = withoutSpilledPassword(text.substr(mark + 3), masked);
  const Parts parts = splitPath(rest);
  masked += maskAuthority(parts.authority);
  if (parts.authority.size() == rest.size()) return masked;
  masked += '/';
  if (!has_stream) return masked + withQueryMasked(parts.path);
  const std::string_view path = withoutTrailingSlashes(parts.path.substr(0, parts.path.find('?')));
  const std::size_t last = path.rfind('/');
  if (last != std::string_view::npos) masked += printable(path.substr(0, last + 1));
  return masked + std::string(hidden);
}

namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isHex(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isControlOrSpace(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}
bool isSchemeCharacter(char c) {
  return isLetter(c) || isDigit(c) || c == '+' || c == '-' || c == '.';
}
// Bytes of UTF-8 pass: whether such a name exists is for the look-up to say.
bool isHostCharacter(char c) {
  return isLetter(c) || isDigit(c) || c == '-' || c == '.' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

Problem parseServer(std::string_view text, Url& url, std::string_view& path) {
  if (text.empty()) return "the URL is empty: write rtmp://host/app";
  if (std::any_of(text.begin(), text.end(), isControlOrSpace)) {
    return "the URL contains a space or a control character: remove it, or write a space as %20";
  }
  if (Problem problem = parseScheme(text, url); !problem.empty()) return problem;
  Parts parts = splitPath(text);
  if (Problem problem = parseUser(parts.authority, url); !problem.empty()) return problem;
  path = parts.path;
  return parseHost(parts.authority, url);
}

Problem parseScheme(std::string_view& text, Url& url) {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos)
    return "the URL does not begin with rtmp:// or rtmps://: put one in front";
  for (const char c : text.substr(0, mark)) {
    url.scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  text.remove_prefix(mark + 3);
  url.port = defaultPort(url.scheme);
  if (url.port != 0) return {};
  if (url.scheme == "http" || url.scheme == "https") {
    return "an " + url.scheme + ":// URL is not an RTMP server's: it has to begin with rtmp[s|t|e|te]://";
  }
  return "the URL's scheme is not one of RTMP's: it has to begin with rtmp[s|t|e|te]://";
}

std::uint16_t defaultPort(std::string_view scheme) {
  const auto found =
      std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.name == scheme; });
  return found == schemes.end() ? std::uint16_t{0} : found->port;
}

Parts splitPath(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view path = text.substr(end);
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return {text.substr(0, end), path};
}

std::string_view withoutTrailingSlashes(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path;
}

bool percentDecode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3 || !isHex(text[i + 1]) || !isHex(text[i + 2])) return false;
    unsigned value = 0;
    std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    out += static_cast<char>(value);
    i += 2;
  }
  return true;
}

Problem parseUser(std::string_view& authority, Url& url) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view credentials = authority.substr(0, at);
  authority.remove_prefix(at + 1);
  const std::size_t colon = credentials.find(':');
  const bool good =
      percentDecode(credentials.substr(0, colon), url.user) &&
      (colon == std::string_view::npos || percentDecode(credentials.substr(colon + 1), url.password));
  if (!good)
    return "a % in the user name or password is not followed by two hexadecimal digits: write % as %25";
  return {};
}

Problem parseAddressInBrackets(std::string_view authority, std::size_t end, Url& url) {
  const std::string_view address = authority.substr(1, end - 1);
  const std::string_view digits = address.substr(0, address.find('%'));  // a zone may follow (RFC 4007)
  const bool good =
      std::count(digits.begin(), digits.end(), ':') >= 2 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return isHex(c) || c == ':' || c == '.'; }) &&
      std::all_of(address.begin() + static_cast<std::ptrdiff_t>(digits.size()), address.end(),
                  [](char c) { return isHostCharacter(c) || c == '%'; });
  if (!good) return "the address in brackets is not an IPv6 address: write it like [2001:db8::1]";
  url.host = address;
  return {};
}

Problem parseHost(std::string_view authority, Url& url) {
  std::size_t colon = authority.find(':');
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos)
      return "the IPv6 address lacks its closing bracket: write it like [2001:db8::1]";
    if (Problem problem = parseAddressInBrackets(authority, end, url); !problem.empty()) return problem;
    if (end + 1 == authority.size()) return {};
    if (authority[end + 1] != ':') return "something other than a port follows the IPv6 address: remove it";
    return parsePort(authority.substr(end + 2), url);
  }
  if (colon != authority.rfind(':')) {
    return "there is more than one colon in the host: write an IPv6 address in brackets, and / and @ in a "
           "password as "
           "%2F and %40";
  }
  const std::string_view host = authority.substr(0, colon);
  if (host.empty()) return "the URL names no host: write rtmp://host/app";
  if (!std::all_of(host.begin(), host.end(), isHostCharacter)) {
    return "the host name contains a character that host names cannot have: check the part behind ://";
  }
  url.host = host;
  return colon == std::string_view::npos ? Problem{} : parsePort(authority.substr(colon + 1), url);
}

Problem parsePort(std::string_view text, Url& url) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
  if (!number)
    return "the port is not a number: write one from 1 to 65535 behind the colon, or remove the colon";
  if (error != std::errc{} || value < 1 || value > 65535) {
    return "the port is out of range: it has to be from 1 to 65535";
  }
  url.port = static_cast<std::uint16_t>(value);
  return {};
}

std::string authorityOf(const Url& url) {
  std::string text = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (url.port != 0 && url.port != defaultPort(url.scheme)) text += ":" + std::to_string(url.port);
  return text;
}

std::string absoluteUrl(const Url& base, std::string_view reference) {
  const std::size_t mark = reference.find("://");
  const bool whole = mark != std::string_view::npos &&
                     std::all_of(reference.begin(), reference.begin() + static_cast<std::ptrdiff_t>(mark),
                                 isSchemeCharacter);
  if (whole) return std::string(reference);
  if (reference.starts_with("//")) return base.scheme + ":" + std::string(reference);
  const std::string server = base.scheme + "://" + authorityOf(base);
  if (reference.starts_with('/')) return server + std::string(reference);
  const std::string path = base.app.substr(0, base.app.find('?'));
  if (reference.starts_with('?')) return server + "/" + path + std::string(reference);
  return server + "/" + path.substr(0, path.rfind('/') + 1) + std::string(reference);  // npos + 1 is 0
}

std::string printable(std::string_view text) {
  std::string result(text);
  std::replace_if(result.begin(), result.end(), isControlOrSpace, ' ');
  return result;
}

std::string withQueryMasked(std::string_view text) {
  const std::size_t mark = text.find('?');
  if (mark == std::string_view::npos) return printable(text);
  return printable(text.substr(0, mark)) + "?" + maskQuery(text.substr(mark + 1));
}

std::string maskQuery(std::string_view query) {
  std::string masked;
  while (true) {
    const std::size_t end = query.find('&');
    const std::string_view item = query.substr(0, end);
    const std::size_t equals = item.find('=');
    // "c2VjcmV0==" is no name with a value: the signs are Base64's padding.
    const bool named =
        equals != std::string_view::npos && item.find_first_not_of('=', equals) != std::string_view::npos;
    if (named) masked += printable(item.substr(0, equals + 1));
    if (!item.empty()) masked += hidden;
    if (end == std::string_view::npos) return masked;
    masked += '&';
    query.remove_prefix(end + 1);
  }
}

// A password with "/" or "?" in it spills into what looks like the path: "rtmp://user:pa/ss@host/app".
std::string_view withoutSpilledPassword(std::string_view rest, std::string& masked) {
  const std::string_view authority = splitPath(rest).authority;
  const std::size_t at = rest.rfind('@');
  Url ignored;
  if (at == std::string_view::npos || at < authority.size()) return rest;
  if (parseHost(authority.substr(authority.rfind('@') + 1), ignored).empty()) return rest;
  masked += std::string(hidden) + "@";
  return rest.substr(at + 1);
}

std::string maskAuthority(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  const std::string credentials = at == std::string_view::npos ? "" : std::string(hidden) + "@";
  const std::string_view host = authority.substr(at + 1);  // npos + 1 is 0
  Url ignored;
  const std::string_view port = host.substr(host.rfind(':') + 1);
  const bool harmless = parseHost(host, ignored).empty() || std::all_of(port.begin(), port.end(), isDigit);
  return credentials + (harmless ? printable(host) : std::string(hidden));
}

}  // namespace
}  // namespace multiconn::rtmp
