#pragma once

#include <set>
#include <string_view>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"

namespace multiconn::rtmp {

/// The answer to a call of ours.
struct CallAnswered {
  double transaction = 0;
  bool ok = false;
  AmfValue value;  ///< what _result or _error carried; undefined when it carried nothing
};

/// How one side of a connection writes calls and their answers.
struct CallForm {
  bool amf3 = false;            ///< objectEncoding 3 was agreed upon
  bool only_as_needed = false;  ///< AMF3 for what AMF0 cannot hold alone
};

/// The calls of one side's application that wait for an answer, and the numbers of its transactions. Both
/// sides do the same.
class PendingCalls {
 public:
  explicit PendingCalls(const Limits& limits) : most_(limits.max_pending_calls) {}

  double takeTransaction() { return next_transaction_++; }
  /// Gives the call a transaction, 0 when no reply is wanted, and appends it to `send`. An error, and nothing
  /// has changed: too many calls wait, or the arguments cannot be encoded.
  Result<double> call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                      CallForm form, std::vector<OutMessage>& send);
  /// The answer is not awaited any longer.
  void forget(double transaction) { waiting_.erase(transaction); }
  /// True: it was waited for, and is no more.
  bool answered(double transaction) { return waiting_.erase(transaction) > 0; }

 private:
  std::size_t most_;
  double next_transaction_ = 1;
  std::set<double> waiting_;
};

// The answers to calls of the peer: nothing when it wants none, and without the value when that cannot be
// encoded.
void sendResult(double transaction, AmfValue value, CallForm form, std::vector<OutMessage>& send);
void sendCallFailed(double transaction, std::string_view description, CallForm form,
                    std::vector<OutMessage>& send);

/// In the encoding agreed upon; an error, and nothing sent, when it cannot be encoded.
Error sendSharedObjectMessage(SharedObjectMessage message, bool amf3, std::vector<OutMessage>& send);

}  // namespace multiconn::rtmp
