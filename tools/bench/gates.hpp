#pragma once

#include <boost/json/value.hpp>

namespace multiconn::bench {

/// For "gate" in JSON: 0 is none.
inline boost::json::value gateOrNull(double gate) {
  return gate > 0 ? boost::json::value(gate) : nullptr;
}

}  // namespace multiconn::bench
