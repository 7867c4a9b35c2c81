// Calls in both directions, shared objects, and the statuses that send us to another server.
#include <utility>

#include "rtmp/client_session.hpp"
#include "rtmp/command_arguments.hpp"

namespace multiconn::rtmp {

ClientReaction ClientSession::result(double transaction, AmfValue value) {
  ClientReaction reaction;
  sendResult(transaction, std::move(value), callForm(), reaction.send);
  return reaction;
}

ClientReaction ClientSession::callFailed(double transaction, std::string_view description) {
  ClientReaction reaction;
  sendCallFailed(transaction, description, callForm(), reaction.send);
  return reaction;
}

Error ClientSession::call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                          double& transaction, ClientReaction& reaction) {
  transaction = 0;
  if (!connected()) return Error::unexpected_command;
  const auto made = calls_.call(method, std::move(arguments), wants_reply, callForm(), reaction.send);
  if (made) transaction = *made;
  return made.error();
}

void ClientSession::forgetCall(double transaction) {
  calls_.forget(transaction);
}

Error ClientSession::sendSharedObject(SharedObjectMessage message, ClientReaction& reaction) {
  if (!connected()) return Error::unexpected_command;
  return sendSharedObjectMessage(std::move(message), amf3_, reaction.send);
}

bool ClientSession::handleCallAnswer(const Command& command, bool ok, ClientReaction& reaction) {
  if (!calls_.answered(command.transaction)) return false;
  reaction.events.push_back(CallAnswered{command.transaction, ok, firstArgument(command.arguments)});
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
