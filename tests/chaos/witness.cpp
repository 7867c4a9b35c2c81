#include "chaos/witness.hpp"

#include <algorithm>

#include "rtmp/message.hpp"

namespace multiconn::chaos {

namespace {

/// Every string of a value, as bytes.
std::string flat(const AmfValue& value) {
  rtmp::Message message;
  message.body = rtmp::Command{"x", 0, value, {}};
  const auto encoded = rtmp::encode(message);
  if (!encoded) return {};
  return {reinterpret_cast<const char*>(encoded->payload->data()), encoded->payload->size()};
}

std::string of(std::optional<ServerId> server) {
  return server ? "s" + std::to_string(static_cast<unsigned>(*server)) : "all";
}

}  // namespace

void Witness::scan(const std::string& what, const std::string& text) {
  if (text.find("canary") != std::string::npos) complain_("a secret in " + what + ": " + text);
}

void Witness::heard(const Status& status) {
  heard();
  scan("a status' code", status.code);
  scan("a status' description", status.description);
  scan("a status' url", status.url);
  scan("a status' info", flat(status.info));
  ++counts_[status.code];
  story_.push_back(of(status.server) + " " + status.code + ": " + status.description);
}

void Witness::heard(const SetupOutcome& outcome) {
  heard();
  if (++answers_ > 1) complain_("connect() was answered twice");
  for (const ServerOutcome& server : outcome.servers) {
    scan("an outcome's url", server.url);
    scan("an outcome's error", server.error);
  }
}

void Witness::heard(const Reply& reply) {
  heard();
  scan("a reply's url", reply.url);
  scan("a reply's status", reply.status.code + reply.status.description + flat(reply.status.info));
}

void Witness::heard(const std::vector<ServerStats>& rows) {
  for (const ServerStats& row : rows) {
    scan("a row's url", row.url);
    scan("a row's error", row.error);
  }
}

std::function<void(const Reply&)> Witness::expectReplies(const std::vector<ServerId>& from) {
  const std::size_t call = replies_.size();
  replies_.emplace_back();
  for (const ServerId server : from) replies_[call][server] = 0;
  return [this, call](const Reply& reply) {
    heard(reply);
    const auto found = replies_[call].find(reply.server);
    if (found == replies_[call].end()) return complain_("a reply of a server that was not asked");
    if (++found->second > 1) complain_(of(reply.server) + " replied twice to one call");
  };
}

void Witness::checkReplies() {
  for (const auto& call : replies_)
    for (const auto& [server, count] : call)
      if (count == 0) complain_(of(server) + " never replied to a call");
}

void Witness::checkAnswered() const {
  if (answers_ == 0) complain_("connect() was never answered");
}

std::size_t Witness::count(const std::string& code) const {
  const auto found = counts_.find(code);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace multiconn::chaos
