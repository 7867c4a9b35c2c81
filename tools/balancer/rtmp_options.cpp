#include "balancer/rtmp_options.hpp"

namespace multiconn::balancer {
namespace {

template <typename T>
void fill(std::optional<T>& open, const std::optional<T>& value) {
  if (!open) open = value;
}

}  // namespace

bool RtmpOptions::serves(std::string_view app) const {
  return applications.empty() || applications.contains(app) || applications.contains(std::string_view());
}

RtmpRedirect RtmpOptions::redirectOf(std::string_view app) const {
  const auto own = applications.find(app);
  const auto common = applications.find(std::string_view());
  RtmpRedirect redirect = own == applications.end() ? RtmpRedirect() : own->second;
  if (common == applications.end()) return redirect;
  fill(redirect.app, common->second.app);
  fill(redirect.port, common->second.port);
  fill(redirect.scheme, common->second.scheme);
  fill(redirect.on_connect, common->second.on_connect);
  return redirect;
}

}  // namespace multiconn::balancer
