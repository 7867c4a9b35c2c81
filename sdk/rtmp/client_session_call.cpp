// Calls in both directions, shared objects, and the statuses that send us to another server.
#include <utility>

#include "rtmp/client_session.hpp"
#include "rtmp/command_arguments.hpp"

namespace multiconn::rtmp {

ClientReaction ClientSession::result(double transaction, AmfValue value) {
  ClientReaction reaction;
  if (transaction == 0) return reaction;
  reaction.send.push_back(command(0, "_result", transaction, nullptr, {std::move(value)}, amf3_));
  return reaction;
}

ClientReaction ClientSession::callFailed(double transaction, std::string_view description) {
  ClientReaction reaction;
  if (transaction == 0) return reaction;
  AmfValue info = makeInfo("error", "NetConnection.Call.Failed", description);
  reaction.send.push_back(command(0, "_error", transaction, nullptr, {std::move(info)}, amf3_));
  return reaction;
}

Error ClientSession::call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                          double& transaction, ClientReaction& reaction) {
  transaction = 0;
  if (!connected()) return Error::unexpected_command;
  if (wants_reply && calls_.size() >= limits_.max_pending_calls) return Error::too_many_calls;
  const double number = wants_reply ? next_transaction_ : 0;
  auto message = encode({0, 0, Command{std::string(method), number, nullptr, std::move(arguments), amf3_}});
  if (!message) return message.error();
  if (wants_reply) {
    calls_.insert(number);
    ++next_transaction_;
  }
  transaction = number;
  reaction.send.push_back(std::move(*message));
  return Error::none;
}

void ClientSession::forgetCall(double transaction) {
  calls_.erase(transaction);
}

Error ClientSession::sendSharedObject(SharedObjectMessage message, ClientReaction& reaction) {
  if (!connected()) return Error::unexpected_command;
  message.amf3 = amf3_;
  auto encoded = encode({0, 0, std::move(message)});
  if (!encoded) return encoded.error();
  reaction.send.push_back(std::move(*encoded));
  return Error::none;
}

bool ClientSession::handleCallAnswer(const Command& command, bool ok, ClientReaction& reaction) {
  if (calls_.erase(command.transaction) == 0) return false;
  reaction.events.push_back(
      client_event::CallAnswered{command.transaction, ok, firstArgument(command.arguments)});
  return true;
}

bool ClientSession::handleRedirect(const StatusInfo& status, ClientReaction& reaction) {
  if (status.code == "NetConnection.Connect.Rejected") {
    auto redirect = redirectIn(status);
    if (!redirect) return false;
    reaction.events.push_back(client_event::Redirected{status, std::move(*redirect)});
    return true;
  }
  if (status.code != "NetConnection.Connect.ReconnectRequest") return false;
  const AmfObject* info = status.info.object();
  reaction.events.push_back(
      client_event::ReconnectRequested{status, info ? std::string(info->stringOr("tcUrl", {})) : ""});
  return true;
}

std::optional<Redirect> redirectIn(const StatusInfo& status) {
  const AmfObject* info = status.info.object();
  const AmfValue* ex = info ? info->find("ex") : nullptr;
  const AmfObject* object = ex ? ex->object() : nullptr;
  if (!object) return {};
  const std::string_view redirect = object->stringOr("redirect", {});
  if (redirect.empty()) return {};
  return Redirect{std::string(redirect), std::string(object->stringOr("redirect2", {}))};
}

}  // namespace multiconn::rtmp
