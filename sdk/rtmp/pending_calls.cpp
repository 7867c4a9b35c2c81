#include "rtmp/pending_calls.hpp"

#include <string>
#include <utility>

#include "rtmp/status_info.hpp"

namespace multiconn::rtmp {
namespace {

Result<OutMessage> compose(std::string_view name, double transaction, std::vector<AmfValue> arguments,
                           CallForm form) {
  Command command{std::string(name), transaction, nullptr, std::move(arguments),
                  form.amf3 && !form.only_as_needed};
  auto message = encode({0, 0, command});
  if (message || !form.amf3 || command.amf3) return message;
  command.amf3 = true;
  return encode({0, 0, std::move(command)});
}

void answer(std::string_view name, double transaction, AmfValue value, CallForm form,
            std::vector<OutMessage>& send) {
  if (transaction == 0) return;
  auto message = compose(name, transaction, {std::move(value)}, form);
  if (!message) message = compose(name, transaction, {}, form);
  send.push_back(std::move(*message));
}

}  // namespace

Result<double> PendingCalls::call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                                  CallForm form, std::vector<OutMessage>& send) {
  if (wants_reply && waiting_.size() >= most_) return Error::too_many_calls;
  const double transaction = wants_reply ? next_transaction_ : 0;
  auto message = compose(method, transaction, std::move(arguments), form);
  if (!message) return message.error();
  if (wants_reply) waiting_.insert(takeTransaction());
  send.push_back(std::move(*message));
  return transaction;
}

void sendResult(double transaction, AmfValue value, CallForm form, std::vector<OutMessage>& send) {
  answer("_result", transaction, std::move(value), form, send);
}

void sendCallFailed(double transaction, std::string_view description, CallForm form,
                    std::vector<OutMessage>& send) {
  answer("_error", transaction, makeInfo("error", "NetConnection.Call.Failed", description), form, send);
}

Error sendSharedObjectMessage(SharedObjectMessage message, bool amf3, std::vector<OutMessage>& send) {
  message.amf3 = amf3;
  auto encoded = encode({0, 0, std::move(message)});
  if (!encoded) return encoded.error();
  send.push_back(std::move(*encoded));
  return Error::none;
}

}  // namespace multiconn::rtmp
