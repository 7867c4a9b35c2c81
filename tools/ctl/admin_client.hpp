#pragma once

#include <string>
#include <vector>

#include "agent/http/http_client.hpp"
#include "ctl/server_row.hpp"

namespace multiconn::ctl {

/// The admin listener of a balancer or an agent. Everything throws std::runtime_error with one sentence, free
/// of the token.
class AdminClient {
 public:
  /// `token` may be empty.
  AdminClient(tools::HttpUrl url, std::string token);

  /// A balancer's edges, or the one of an agent.
  std::vector<ServerRow> servers() const;
  /// `id`: of an edge, its beginning, or its redirect address with or without the port, where only one edge
  /// has it; empty: the agent itself. Returns the id in full.
  std::string pause(const std::string& id, bool paused) const;

 private:
  tools::HttpReply exchange(const std::string& method, const std::string& target) const;
  [[noreturn]] void fail(const tools::HttpReply& reply, const std::string& otherwise) const;
  std::string find(const std::string& id) const;

  tools::HttpUrl url_;
  std::string authorization_;
};

}  // namespace multiconn::ctl
