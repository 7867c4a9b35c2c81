#include "origin/publisher_login.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "net/random.hpp"
#include "rtmp/publisher_auth.hpp"

namespace multiconn::origin {
namespace {

constexpr std::chrono::seconds lifetime{60};
constexpr std::size_t most_challenges = 1024;

std::string description(const std::string& text) {
  return "[ AccessManager.Reject ] : [ " + text;
}
std::string refusal(const char* reason) {
  return description(std::string("authmod=adobe ] : ?reason=") + reason);
}

// Hexadecimal: what other schemes use, "=" and "+" among them, is taken apart by some clients.
std::string randomText() {
  std::array<std::byte, 12> bytes{};
  net::fillRandom(bytes);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

bool equalInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

bool PublisherLogin::concerns(const rtmp::server_event::ConnectRequested& request) {
  const std::string& version = request.flash_version;
  return version.find("FMLE") != std::string::npos || !parse(request.query).method.empty() ||
         (version.empty() && request.object.stringOr("type", {}) == "nonprivate");
}

PublisherLogin::Outcome PublisherLogin::check(std::string_view query, const std::string& host,
                                              rtmp::TimePoint now) {
  const Answer answer = parse(query);
  if (answer.method != "adobe" || answer.user.empty()) {
    return {{}, description("code=403 need auth; authmod=adobe ] : ")};
  }
  if (!publishers_.contains(std::string(answer.user))) return {{}, refusal("nosuchuser")};
  if (answer.response.empty()) return challenge(answer.user, host, now);
  if (!verify(answer, now)) return {{}, refusal("authfailed")};
  return {std::string(answer.user), {}};
}

// Clients join what they append with "&" or with "?", whatever stands before it.
PublisherLogin::Answer PublisherLogin::parse(std::string_view query) {
  Answer answer;
  const std::array<std::pair<std::string_view, std::string_view*>, 5> fields{
      {{"authmod", &answer.method},
       {"user", &answer.user},
       {"challenge", &answer.challenge},
       {"response", &answer.response},
       {"opaque", &answer.opaque}}};
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of("&?"), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    // Base64 ends with "=": only the first one divides.
    const std::size_t equals = std::min(part.find('='), part.size());
    for (const auto& [name, value] : fields) {
      if (part.substr(0, equals) == name) *value = part.substr(std::min(equals + 1, part.size()));
    }
  }
  return answer;
}

PublisherLogin::Outcome PublisherLogin::challenge(std::string_view user, const std::string& host,
                                                  rtmp::TimePoint now) {
  makeRoom(now);
  const std::string opaque = randomText();
  Challenge made{std::string(user), randomText(), randomText(), host, now + lifetime, ++made_};
  std::string text = refusal("needauth") + "&user=" + made.user + "&salt=" + made.salt +
                     "&challenge=" + made.challenge + "&opaque=" + opaque;
  challenges_.insert_or_assign(opaque, std::move(made));
  return {{}, std::move(text)};
}

// Good for one try, whatever its outcome.
bool PublisherLogin::verify(const Answer& answer, rtmp::TimePoint now) {
  const auto found = challenges_.find(answer.opaque);
  if (found == challenges_.end()) return false;
  const Challenge challenge = std::move(found->second);
  challenges_.erase(found);
  if (challenge.user != answer.user || challenge.expires < now) return false;
  const std::string expected = rtmp::adobeResponse({challenge.user, publishers_.at(challenge.user)},
                                                   challenge.salt, answer.opaque, answer.challenge);
  return equalInConstantTime(expected, answer.response);
}

// At the expense of whoever has most. Many publishers may share an address, behind a proxy or NAT.
void PublisherLogin::makeRoom(rtmp::TimePoint now) {
  std::erase_if(challenges_, [now](const auto& entry) { return entry.second.expires < now; });
  if (challenges_.size() < most_challenges) return;
  std::map<std::string_view, std::size_t> held;
  for (const auto& [opaque, challenge] : challenges_) ++held[challenge.host];
  const auto most = std::max_element(held.begin(), held.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  // A copy: it goes with the last challenge that has it.
  forgetOldest(std::string(most->first));
}

void PublisherLogin::forgetOldest(std::string_view host) {
  auto oldest = challenges_.end();
  for (auto entry = challenges_.begin(); entry != challenges_.end(); ++entry) {
    if (entry->second.host != host) continue;
    if (oldest == challenges_.end() || entry->second.number < oldest->second.number) oldest = entry;
  }
  if (oldest != challenges_.end()) challenges_.erase(oldest);
}

}  // namespace multiconn::origin
