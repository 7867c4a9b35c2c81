// Calls in both directions, and shared objects.
#include <utility>

#include "rtmp/command_arguments.hpp"
#include "rtmp/server_session.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::rtmp {

ServerReaction ServerSession::result(double transaction, AmfValue value) {
  ServerReaction reaction;
  if (transaction != 0) answer("_result", transaction, std::move(value), reaction);
  return reaction;
}

ServerReaction ServerSession::callFailed(double transaction, std::string_view description) {
  ServerReaction reaction;
  if (transaction == 0) return reaction;
  answer("_error", transaction, makeInfo("error", "NetConnection.Call.Failed", description), reaction);
  return reaction;
}

Error ServerSession::call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                          double& transaction, ServerReaction& reaction) {
  transaction = 0;
  if (!connected()) return Error::unexpected_command;
  if (wants_reply && calls_.size() >= limits_.max_pending_calls) return Error::too_many_calls;
  const double number = wants_reply ? next_transaction_ : 0;
  auto message = composeCall(method, number, std::move(arguments));
  if (!message) return message.error();
  if (wants_reply) {
    calls_.insert(number);
    ++next_transaction_;
  }
  transaction = number;
  reaction.send.push_back(std::move(*message));
  return Error::none;
}

void ServerSession::forgetCall(double transaction) {
  calls_.erase(transaction);
}

Error ServerSession::sendSharedObject(SharedObjectMessage message, ServerReaction& reaction) {
  if (!connected()) return Error::unexpected_command;
  message.amf3 = amf3_;
  auto encoded = encode({0, 0, std::move(message)});
  if (!encoded) return encoded.error();
  reaction.send.push_back(std::move(*encoded));
  return Error::none;
}

void ServerSession::handleAnswer(const Message&, const Command& command, ServerReaction& reaction) {
  if (command.name == "onStatus" || calls_.erase(command.transaction) == 0) return;
  reaction.events.push_back(server_event::CallAnswered{command.transaction, command.name == "_result",
                                                       firstArgument(command.arguments)});
}

// A client that was granted AMF3 may still write type 20, as some libraries do that set objectEncoding only
// because others do: it gets type 17 for what type 20 cannot hold alone.
Result<OutMessage> ServerSession::composeCall(std::string_view name, double transaction,
                                              std::vector<AmfValue> arguments) const {
  Command command{std::string(name), transaction, nullptr, std::move(arguments), amf3_ && peer_uses_amf3_};
  auto message = encode({0, 0, command});
  if (message || !amf3_ || command.amf3) return message;
  command.amf3 = true;
  return encode({0, 0, std::move(command)});
}

void ServerSession::answer(std::string_view name, double transaction, AmfValue value,
                           ServerReaction& reaction) const {
  auto message = composeCall(name, transaction, {std::move(value)});
  if (!message) message = composeCall(name, transaction, {});
  reaction.send.push_back(std::move(*message));
}

}  // namespace multiconn::rtmp
