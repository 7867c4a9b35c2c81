#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/balancer_client.hpp>

#include "net/fetch.hpp"

namespace multiconn::client {

/// What a balancer's answer says. Either `servers` or `problem` is empty.
struct BalancerAnswer {
  std::vector<FoundServer> servers;  ///< in its order; 16 at most
  std::string problem;               ///< one sentence, free of secrets
  bool final = false;                ///< asking this balancer again cannot help
  bool counts = false;               ///< it knows `count`: fewer than asked for are all there are
};

/// `count=2&format=json`, and the scheme where balancers tell servers apart by it.
std::string balancerParameters(std::size_t count, const std::string& scheme);
/// Text (`redirect=A&redirect=B`) and JSON, told apart by what they look like. `scheme`: the one wanted;
/// empty: any.
BalancerAnswer readBalancerAnswer(const net::FetchResult& result, const std::string& scheme);
/// Whether RTMP has such a scheme.
bool isRtmpScheme(const std::string& scheme);

}  // namespace multiconn::client
