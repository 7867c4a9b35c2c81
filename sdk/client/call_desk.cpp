#include "client/call_desk.hpp"

#include <algorithm>
#include <memory>

#include "client/shared_function.hpp"
#include "client/status_codes.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/shared_object_message.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::client {

namespace {

std::string whyNot(rtmp::Error error) {
  switch (error) {
    case rtmp::Error::unexpected_command:
      return "The server is not connected.";
    case rtmp::Error::too_many_calls:
      return "Too many calls wait for this server already.";
    default:
      return "The arguments cannot be sent: " + rtmp::make_error_code(error).message() + ".";
  }
}

/// Empty: nothing is wrong with it.
std::string whyNot(const std::string& method) {
  if (method.empty()) return "The name of the method is empty.";
  if (method.size() > rtmp::Limits().max_name) return "The name of the method is longer than 1024 bytes.";
  if (rtmp::isReservedName(method)) return "\"" + method + "\" is a name that RTMP itself uses.";
  return {};
}

}  // namespace

CallDesk::CallDesk(net::Scheduler& scheduler, ServerGroup& servers, const ConnectOptions& options,
                   CallDeskEvents& events)
    : scheduler_(scheduler), servers_(servers), options_(options), events_(events) {}

void CallDesk::call(const std::string& method, const Replied& replied, std::optional<ServerId> server,
                    const std::vector<AmfValue>& arguments) {
  const std::vector<Peer*> peers = targets(server);
  if (peers.empty())
    return refuse(replied, server, server ? "There is no such server." : "There is no server yet.");
  const std::string problem = whyNot(method);
  if (!problem.empty() && !replied) return refuse(replied, server, problem);
  const auto connected = [](const Peer* peer) { return peer->connected(); };
  if (!replied && std::none_of(peers.begin(), peers.end(), connected))
    return refuse(replied, server, "No server is connected.");
  const Replied shared = sharedFunction(replied);
  for (Peer* const peer : peers) {
    const std::string why = problem.empty() && !peer->connected() ? "The server is not connected." : problem;
    if (why.empty())
      callOne(*peer, method, shared, arguments);
    else if (replied)
      fail(shared, peer->id(), peer->identity().status(code::call_failed, "error", why));
  }
}

void CallDesk::on(const std::string& name, CallHandler handler) {
  if (handler)
    handlers_[name] = sharedFunction(std::move(handler));
  else
    handlers_.erase(name);
}

void CallDesk::callHandler(Call call) {
  const auto found = handlers_.find(call.method);
  if (found == handlers_.end()) return;
  events_.callBack([handler = found->second, call = std::move(call)] { handler(call); });
}

void CallDesk::called(Peer& peer, rtmp::client_event::Called& call) {
  const std::uint64_t connection = peer.connectionNumber();
  const auto found = handlers_.find(call.method);
  if (found == handlers_.end())
    return peer.connection()->callFailed(call.transaction, "There is no such method.");
  const auto result = std::make_shared<std::optional<AmfValue>>();
  auto run = [handler = found->second, result,
              call = Call{peer.id(), call.method, std::move(call.arguments)}] { *result = handler(call); };
  auto answer = [this, id = peer.id(), connection, transaction = call.transaction, result] {
    Peer* const caller = servers_.find(id);
    if (!caller || !caller->connected() || caller->connectionNumber() != connection) return;
    if (*result)
      caller->connection()->result(transaction, std::move(**result));
    else
      caller->connection()->callFailed(transaction, "The handler failed.");
  };
  events_.callBackThen(std::move(run), std::move(answer));
}

void CallDesk::answered(Peer& peer, rtmp::client_event::CallAnswered& answer) {
  const auto found = pending_.find({peer.id(), answer.transaction});
  if (found == pending_.end()) return;
  const Replied replied = std::move(found->second.replied);
  pending_.erase(found);
  if (answer.ok) return reply(replied, {peer.id(), peer.url(), true, std::move(answer.value), {}});
  rtmp::StatusInfo info = rtmp::statusInfo(answer.value);
  if (info.level.empty()) info.level = "error";
  if (info.description.empty()) info.description = "The server answered with an error.";
  fail(replied, peer.id(), peer.identity().serverStatus(info, code::call_failed));
}

void CallDesk::disconnected(Peer& peer) {
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    if (entry->first.first != peer.id()) {
      ++entry;
      continue;
    }
    fail(entry->second.replied, peer.id(),
         peer.identity().status(code::call_closed, "error", "The connection ended before the answer came."));
    entry = pending_.erase(entry);
  }
}

void CallDesk::clear() {
  pending_.clear();
  handlers_.clear();
}

std::vector<Peer*> CallDesk::targets(std::optional<ServerId> server) const {
  std::vector<Peer*> peers;
  for (const auto& peer : servers_.peers())
    if (!server || peer->id() == *server) peers.push_back(peer.get());
  return peers;
}

void CallDesk::callOne(Peer& peer, const std::string& method, const Replied& replied,
                       const std::vector<AmfValue>& arguments) {
  double transaction = 0;
  const rtmp::Error error = peer.connection()->call(method, arguments, replied != nullptr, transaction);
  if (error != rtmp::Error::none)
    return fail(replied, peer.id(), peer.identity().status(code::call_failed, "error", whyNot(error)));
  if (!replied) return;
  const Key key{peer.id(), transaction};
  pending_[key] = {replied, scheduler_.after(options_.call_timeout, [this, key] { timedOut(key); })};
}

void CallDesk::timedOut(Key key) {
  const auto found = pending_.find(key);
  Peer* const peer = servers_.find(key.first);
  if (found == pending_.end() || !peer) return;
  const Pending call = std::move(found->second);
  pending_.erase(found);
  if (peer->connected()) peer->connection()->forgetCall(key.second);
  fail(call.replied, peer->id(),
       peer->identity().status(
           code::call_timed_out, "error",
           "The server did not answer within " + std::to_string(options_.call_timeout.count()) + " ms."));
}

void CallDesk::refuse(const Replied& replied, std::optional<ServerId> server, const std::string& why) {
  const Peer* const peer = server ? servers_.find(*server) : nullptr;
  Status status{code::call_failed, "error", why, server, peer ? peer->url() : "", {}};
  fail(replied, server.value_or(ServerId{}), std::move(status));
}

void CallDesk::fail(const Replied& replied, ServerId server, Status status) {
  if (!replied) return events_.connectionStatus(std::move(status));
  std::string url = status.url;
  reply(replied, {server, std::move(url), false, {}, std::move(status)});
}

void CallDesk::reply(const Replied& replied, Reply answer) {
  events_.callBack([replied, answer = std::move(answer)] { replied(answer); });
}

}  // namespace multiconn::client
