#include "ctl/admin_client.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace multiconn::ctl {
AdminClient::AdminClient(tools::HttpUrl url, std::string token)
    : url_(std::move(url)), authorization_(token.empty() ? "" : "Bearer " + token) {}

std::vector<ServerRow> AdminClient::servers() const {
  const tools::HttpReply list = exchange("GET", "/servers");
  if (list.status == 200) return parseServers(list.body);
  if (list.status != 404) fail(list, "");
  // An agent knows of itself alone.
  const tools::HttpReply status = exchange("GET", "/status");
  if (status.status != 200) fail(status, "this is not the admin listener of a balancer or agent");
  return {parseStatus(status.body)};
}

std::string AdminClient::pause(const std::string& id, bool paused) const {
  const std::string operation = paused ? "/pause" : "/unpause";
  const std::string found = id.empty() ? "" : find(id);
  const tools::HttpReply reply =
      exchange("POST", found.empty() ? operation : "/servers/" + found + operation);
  if (reply.status / 100 != 2)
    fail(reply, found.empty() ? "this is no agent: name the server that is meant, by its ID"
                              : "there is no server " + id);
  return found;
}

std::string AdminClient::find(const std::string& id) const {
  std::vector<std::string> found;
  for (const ServerRow& row : servers()) {
    if (row.id == id) return id;
    if (row.id.rfind(id, 0) == 0 || row.redirect == id || row.redirect.rfind(id + ":", 0) == 0)
      found.push_back(row.id);
  }
  if (found.empty()) throw std::runtime_error("there is no server " + id);
  if (found.size() > 1) throw std::runtime_error("more than one server is " + id + ": give the whole ID");
  return found.front();
}

tools::HttpReply AdminClient::exchange(const std::string& method, const std::string& target) const {
  tools::HttpAsk ask;
  ask.method = method;
  ask.authorization = authorization_;
  ask.timeout = std::chrono::seconds(5);
  return tools::httpExchange(url_.withTarget(target), ask);
}

void AdminClient::fail(const tools::HttpReply& reply, const std::string& otherwise) const {
  if (reply.status == 401)
    throw std::runtime_error(url_.origin() + (authorization_.empty() ? " asks for a token: give --token-file"
                                                                     : " does not take this token"));
  if (reply.status == 403)
    throw std::runtime_error(url_.origin() + " was started without a token, and takes no orders");
  if (reply.status == 404 && !otherwise.empty()) throw std::runtime_error(otherwise);
  throw std::runtime_error(url_.origin() + " answered with HTTP " + std::to_string(reply.status));
}

}  // namespace multiconn::ctl
