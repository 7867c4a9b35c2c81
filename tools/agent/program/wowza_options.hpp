#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multiconn::agent {

/// What Wowza's files say of the sender; the listener's properties are passed over.
struct WowzaSender {
  std::optional<std::string> targets, redirect_address;
  std::optional<std::string> monitor;  ///< a name of ours
  std::optional<std::int64_t> interval_ms;
};

/// Reads loadBalancerSender* from `files`, each [APP=]FILE. Throws std::runtime_error with one sentence.
WowzaSender wowzaSender(const std::vector<std::string>& files, const std::string& app_home,
                        std::vector<std::string>& warnings);

}  // namespace multiconn::agent
