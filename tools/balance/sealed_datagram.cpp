#include "balance/sealed_datagram.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "balance/sealed_datagram_crypto.hpp"

namespace multiconn::balance {
namespace {

constexpr std::string_view key_id_info = "multiconn key id 1";

}  // namespace

SharedKey::SharedKey(std::string text) : text_(std::move(text)) {
  constexpr std::array<std::byte, 32> no_salt{};  // RFC 5869 2.2
  std::array<std::byte, 4> id;
  Hkdf().derive(text_, no_salt, key_id_info, id);
  id_ = rtmp::ByteReader(id).u32();
}

Sealer::Sealer(const SharedKey& key, const Guid& guid, const Boot& boot)
    : key_id_(key.id()), guid_(guid), boot_(boot) {
  key_ = Hkdf().derive(key, guid, boot);
}

rtmp::Bytes Sealer::seal(rtmp::BytesView report, std::uint64_t seq) const {
  if (clear_bytes + report.size() + tag_bytes > max_datagram_bytes)
    throw std::invalid_argument("a load report is too long for a datagram");
  rtmp::Bytes out(clear_bytes + report.size() + tag_bytes);
  const std::span<std::byte> all(out);
  out[0] = static_cast<std::byte>(datagram_version);
  for (std::size_t i = 0; i < 4; ++i) out[1 + i] = static_cast<std::byte>(key_id_ >> (24 - 8 * i) & 0xFF);
  std::copy(guid_.bytes.begin(), guid_.bytes.end(), out.begin() + 5);
  put64(all.subspan(21, 8), boot_.counter);
  std::copy(boot_.id.begin(), boot_.id.end(), out.begin() + 29);
  put64(all.subspan(37, 8), seq);
  Gcm().seal(key_, seq, all.first(clear_bytes), report, all.subspan(clear_bytes));
  return out;
}

std::string_view nameOf(Refusal refusal) {
  constexpr std::array<std::string_view, refusal_count> names = {
      "oversized", "malformed", "unknown_version", "unknown_key", "bad_seal",       "bad_report",
      "old_boot",  "replayed",  "duplicate_guid",  "clock_off",   "before_restart", "too_many_senders"};
  return names.at(static_cast<std::size_t>(refusal));
}

}  // namespace multiconn::balance
