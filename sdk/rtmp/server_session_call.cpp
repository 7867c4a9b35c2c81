// Calls in both directions, and shared objects.
#include <utility>

#include "rtmp/command_arguments.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::rtmp {

ServerReaction ServerSession::result(double transaction, AmfValue value) {
  ServerReaction reaction;
  sendResult(transaction, std::move(value), callForm(), reaction.send);
  return reaction;
}

ServerReaction ServerSession::callFailed(double transaction, std::string_view description) {
  ServerReaction reaction;
  sendCallFailed(transaction, description, callForm(), reaction.send);
  return reaction;
}

Error ServerSession::call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                          double& transaction, ServerReaction& reaction) {
  transaction = 0;
  if (!connected()) return Error::unexpected_command;
  const auto made = calls_.call(method, std::move(arguments), wants_reply, callForm(), reaction.send);
  if (made) transaction = *made;
  return made.error();
}

void ServerSession::forgetCall(double transaction) {
  calls_.forget(transaction);
}

Error ServerSession::sendSharedObject(SharedObjectMessage message, ServerReaction& reaction) {
  if (!connected()) return Error::unexpected_command;
  return sendSharedObjectMessage(std::move(message), amf3_, reaction.send);
}

void ServerSession::handleAnswer(const Message&, const Command& command, ServerReaction& reaction) {
  if (command.name == "onStatus" || !calls_.answered(command.transaction)) return;
  reaction.events.push_back(
      CallAnswered{command.transaction, command.name == "_result", firstArgument(command.arguments)});
}

// A client that was granted AMF3 may still write type 20, as some libraries do that set objectEncoding only
// because others do: it gets type 17 for what type 20 cannot hold alone.
CallForm ServerSession::callForm() const {
  return {.amf3 = amf3_, .only_as_needed = !peer_uses_amf3_};
}

}  // namespace multiconn::rtmp
