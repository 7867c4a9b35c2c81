#pragma once

#include <cstdint>
#include <vector>

#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"

namespace multiconn::librtmp {

/// What rtmp::Connection does with messages for the native engine, behind librtmp's chunks: decoding,
/// acknowledgements, pings.
class Inbound {
 public:
  explicit Inbound(const rtmp::Limits& limits) : limits_(limits) {}

  /// Appends the messages it holds to `out`; what has to be answered is in answers().
  rtmp::Error accept(const rtmp::RawMessage& raw, rtmp::TimePoint now, std::vector<rtmp::Message>& out);
  /// So many bytes have come since the connection began.
  void received(std::uint64_t bytes);
  /// To be sent, and emptied by the caller.
  std::vector<rtmp::OutMessage>& answers() { return answers_; }

 private:
  rtmp::Error acceptOne(const rtmp::RawMessage& raw, rtmp::TimePoint now, std::vector<rtmp::Message>& out);
  void obey(const rtmp::Message& message, rtmp::TimePoint now);
  void answerPing(std::uint32_t time_ms, rtmp::TimePoint now);
  void answer(const rtmp::Message& message);

  rtmp::Limits limits_;
  std::vector<rtmp::OutMessage> answers_;
  std::uint32_t ack_window_ = 0;  // the peer's; 0: it never asked
  std::uint64_t acknowledged_ = 0;
  std::uint32_t announced_window_ = 0;
  rtmp::TimePoint ping_second_{};
  std::size_t pings_this_second_ = 0;
};

}  // namespace multiconn::librtmp
