#include "rtmp/parameter_sets.hpp"

#include <optional>

#include "rtmp/avc_config.hpp"
#include "rtmp/hevc_config.hpp"

namespace multiconn::rtmp {
namespace {

// H.264 allows 256 PPS, HEVC 64 (7.4.2.2, 7.4.3.3.1 there); all other kinds have fewer.
constexpr std::uint32_t max_id_avc = 255;
constexpr std::uint32_t max_id_hevc = 63;

std::vector<BytesView> views(const std::map<std::uint32_t, Bytes>& sets) {
  std::vector<BytesView> all;
  for (const auto& [id, set] : sets) all.emplace_back(set);
  return all;
}

bool same(BytesView left, BytesView right) {
  return asText(left) == asText(right);
}

}  // namespace

bool ParameterSets::update(const std::vector<BytesView>& units) {
  bool changed = false;
  for (const BytesView unit : units) {
    Sets* sets = unit.empty() ? nullptr : setsFor(unit);
    if (sets == nullptr) continue;
    const std::optional<std::uint32_t> id = hevc_ ? hevcParameterSetId(unit) : avcParameterSetId(unit);
    if (!id || *id > (hevc_ ? max_id_hevc : max_id_avc)) continue;
    Bytes& known = (*sets)[*id];
    if (same(known, unit)) continue;
    known.assign(unit.begin(), unit.end());
    changed = true;
  }
  return changed;
}

Result<Bytes> ParameterSets::config() const {
  if (sps_.empty() || pps_.empty() || (hevc_ && vps_.empty())) return Error::media_malformed;
  return hevc_ ? hevcConfig(views(vps_), views(sps_), views(pps_)) : avcConfig(views(sps_), views(pps_));
}

void ParameterSets::clear() {
  vps_.clear();
  sps_.clear();
  pps_.clear();
}

ParameterSets::Sets* ParameterSets::setsFor(BytesView unit) {
  if (!hevc_) {
    switch (static_cast<AvcNalType>(avcNalType(unit))) {
      case AvcNalType::sps:
        return &sps_;
      case AvcNalType::pps:
        return &pps_;
      default:
        return nullptr;
    }
  }
  switch (static_cast<HevcNalType>(hevcNalType(unit))) {
    case HevcNalType::vps:
      return &vps_;
    case HevcNalType::sps:
      return &sps_;
    case HevcNalType::pps:
      return &pps_;
  }
  return nullptr;
}

}  // namespace multiconn::rtmp
