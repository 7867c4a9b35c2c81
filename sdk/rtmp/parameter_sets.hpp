#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"

namespace multiconn::rtmp {

/// The parameter sets an H.264 or HEVC stream carries among its frames, newest of each id.
class ParameterSets {
 public:
  explicit ParameterSets(bool hevc) : hevc_(hevc) {}

  /// Notes the sets among these NAL units. True: one is new or has changed.
  bool update(const std::vector<BytesView>& units);
  /// avcC or hvcC; an error until there is one of each kind.
  Result<Bytes> config() const;
  void clear();

 private:
  using Sets = std::map<std::uint32_t, Bytes>;
  Sets* setsFor(BytesView unit);

  bool hevc_;
  Sets vps_, sps_, pps_;
};

}  // namespace multiconn::rtmp
