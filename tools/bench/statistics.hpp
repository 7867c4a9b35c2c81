#pragma once

#include <vector>

namespace multiconn::bench {

/// The value below which `share` (0 to 1) of them lie, by the nearest rank; NaN of none.
double quantile(std::vector<double> values, double share);
inline double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

}  // namespace multiconn::bench
