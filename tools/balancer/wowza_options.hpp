#pragma once

#include <optional>
#include <string>

#include "balancer/rtmp_options.hpp"
#include "program/wowza_conf.hpp"

namespace multiconn::balancer {

/// What Wowza's properties say to a balancer. What is not there stays empty.
struct WowzaOptions {
  std::optional<std::string> key;  ///< secret
  std::optional<std::string> udp_address;
  std::optional<std::uint16_t> udp_port;
  std::optional<std::string> policy;
  std::optional<unsigned> message_timeout_ms;
  std::optional<bool> server_info;
  std::map<std::string, RtmpRedirect, std::less<>> applications;
};

/// Throws std::runtime_error with one sentence that names the property.
WowzaOptions wowzaOptions(const tools::WowzaConf& conf);

/// A policy by its own name, or by a class of Wowza's that did the same.
std::string policyOfClass(const std::string& name);

}  // namespace multiconn::balancer
