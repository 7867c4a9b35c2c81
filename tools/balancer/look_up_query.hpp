#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "balance/dispatcher.hpp"

namespace multiconn::balancer {

/// What a request for a path that ends in `loadbalancer` asks for.
struct LookUpQuery {
  enum class Form : unsigned char {
    text,         ///< redirect=HOST
    json,         ///< format=json
    redirect,     ///< redirect=true: a 302 for HTTP players
    server_info,  ///< serverInfoXML
    explain,      ///< explain=1
  };
  Form form = Form::text;
  std::size_t count = 1;
  std::string scheme = "rtmp";
  /// With `redirect`: the path of the Location, from app and stream or from path, percent-encoded; and the
  /// query, which is every parameter that is not ours.
  std::string path;
  std::string query;
};

/// `query`: behind the '?', percent-encoded. Otherwise one sentence for whoever asked.
std::variant<LookUpQuery, std::string> parseLookUpQuery(std::string_view query);

}  // namespace multiconn::balancer
