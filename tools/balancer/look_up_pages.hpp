#pragma once

#include <string>

#include "balancer/edge_directory.hpp"
#include "balancer/http_request.hpp"
#include "balancer/look_up_query.hpp"

namespace multiconn::balancer {

/// What is served on the client port by HTTP: every path that ends in `loadbalancer`, and the policy file
/// that Flash asks for first.
class LookUpPages {
 public:
  /// `server_info`: whether ?serverInfoXML and ?explain=1 are answered.
  LookUpPages(EdgeDirectory& edges, bool server_info) : edges_(edges), server_info_(server_info) {}

  /// `client`: its numeric address.
  void answer(const HttpRequestView& request, const std::string& client, balance::TimePoint now,
              HttpReply& reply);

 private:
  void lookUp(const LookUpQuery& query, const balance::Question& question, balance::TimePoint now,
              HttpReply& reply);
  void document(const LookUpQuery& query, balance::TimePoint now, HttpReply& reply) const;

  EdgeDirectory& edges_;
  bool server_info_;
};

}  // namespace multiconn::balancer
