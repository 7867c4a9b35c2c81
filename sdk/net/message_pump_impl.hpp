#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "net/failure.hpp"
#include "net/message_pump.hpp"
#include "net/outgoing.hpp"

namespace multiconn::net {

/// What the pump holds, for the three files that drive it: message_pump_reading.cpp,
/// message_pump_writing.cpp, and message_pump.cpp, where it starts and ends.
class MessagePump::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Scheduler& scheduler, std::unique_ptr<Transport> transport, rtmp::Handshake::Role role,
       const rtmp::Limits& limits, PumpEvents& events);
  void start();
  void cork() { corked_ = true; }
  void uncork();
  bool trySend(const rtmp::OutMessage& message);
  rtmp::Connection& connection() { return connection_; }
  void flush();
  void close(CloseMode mode);
  void forget();
  LinkStats stats() const;
  std::uint64_t taken() const { return bytes_sent_ + outgoing_.unwritten(); }

 private:
  // C0/S0 and two packets, in every form of the handshake.
  static constexpr std::size_t handshake_size = 1 + 2 * rtmp::handshake_packet_size;

  // running: messages flow. closing: what was taken is written, then the peer's end awaited. ended: closed()
  // is told, or about to be.
  enum class Phase : std::uint8_t { idle, running, closing, ended };

  void readSome();
  void readLater();
  bool receive(std::span<const std::byte> bytes);
  rtmp::Error receiveParts(std::span<const std::byte> bytes);
  void deliver();
  void readEnded();
  void readLast();
  PeerState state() const;

  void compose(const rtmp::OutMessage& message, rtmp::ComposedMessage& out);
  void takeControl(rtmp::ComposedMessage& out);
  void writeThrough(rtmp::ComposedMessage& composed);
  bool blocked() const { return waiting_writable_; }
  void write();
  void wrote(const IoResult& result);
  void waitWritable();
  void becameWritable();
  void drained();
  void writeFailed(std::error_code code);
  void deadlinePassed();
  void end(LinkFailure failure);
  void shut();
  template <typename Task>
  void post(Task task);

  // First what every message meets: with very many connections, what they cost is cache misses.
  Scheduler& scheduler_;
  std::unique_ptr<Transport> transport_;
  Phase phase_ = Phase::idle;
  bool corked_ = false;
  bool waiting_writable_ = false;
  bool refused_ = false;  // trySend() returned false: writable() is owed
  bool write_failed_ = false;
  bool write_shut_ = false;
  std::uint64_t bytes_sent_ = 0;
  Outgoing outgoing_;
  std::string peer_;
  rtmp::Connection connection_;
  PumpEvents* events_;  // null once forgotten

  std::size_t handshake_left_ = handshake_size;
  bool opened_ = false;
  std::uint8_t first_byte_ = 0;
  std::vector<rtmp::Message> received_;
  std::uint64_t bytes_received_ = 0;

  TransportFigures last_figures_;  // once ended
  Timer deadline_;
};

template <typename Task>
void MessagePump::Impl::post(Task task) {
  scheduler_.post([weak = weak_from_this(), task] {
    if (const auto self = weak.lock()) task(*self);
  });
}

}  // namespace multiconn::net
