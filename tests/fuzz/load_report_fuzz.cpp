#include "balance/load_report.hpp"

#include <stdexcept>

#include "fuzz/fuzz_input.hpp"

namespace {

using namespace multiconn;
using rtmp::fuzz::require;

void requireSound(const balance::LoadReport& report) {
  require(!report.addresses.empty() && report.addresses.size() <= balance::max_addresses);
  for (const auto& address : report.addresses) require(balance::isRedirectHost(address.host));
  require(report.connection_capacity > 0 && report.targets > 0);
  require(report.cpu >= 0 && report.cpu <= 1);
}

}  // namespace

// Input: a report. What is understood means the same when it is sent on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = balance::decodeReport(rtmp::fuzz::inputOf(data, size));
  if (!report) return 0;
  requireSound(*report);
  rtmp::Bytes encoded;
  try {
    encoded = balance::encode(*report);
  } catch (const std::invalid_argument&) {
    require(size >
            800);  // written out, the optional fields that were left out leave no room for the addresses
    return 0;
  }
  const auto again = balance::decodeReport(encoded);
  require(again.has_value());
  require(balance::encode(*again) == encoded);
  return 0;
}
