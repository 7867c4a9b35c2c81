#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rtmp/bytes.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/chunk_writer.hpp"
#include "rtmp/error.hpp"
#include "rtmp/handshake.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"

namespace multiconn::rtmp {

struct ConnectionStats {
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_acknowledged = 0;  ///< as the peer last told; many never do
  std::uint64_t malformed_messages = 0;  ///< ignored ones
};

/// One side of one RTMP connection without its socket: handshake, chunks, acknowledgements, pings and limits
/// live in it. A pump around it moves bytes: what is in pendingOutput() first, then composed messages, each
/// whole.
class Connection {
 public:
  Connection(Handshake::Role role, const Limits& limits, const std::array<HandshakePacket, 2>& random,
             std::uint32_t time_ms, HandshakeForm form = HandshakeForm::simple);

  /// Takes bytes from the peer and appends the messages they complete, aggregates already split. Acks and
  /// pongs are put into pendingOutput(). Data and media whose bodies do not parse are counted and left out; a
  /// malformed command or chunk is an error, after which the connection has to be closed.
  Error receive(BytesView bytes, TimePoint now, std::vector<Message>& out);

  /// Bytes to write before anything else: handshake packets and control messages. The pump takes them (swap)
  /// whenever it stands between two messages.
  Bytes& pendingOutput() { return pending_; }

  bool open() const { return handshake_.done(); }

  /// Cuts a message into chunks, see ChunkWriter. Messages are composed in the order in which they are
  /// written.
  void compose(const OutMessage& message, ComposedMessage& out) { writer_.compose(message, out); }
  void append(const OutMessage& message, ComposedMessage& out) { writer_.append(message, out); }
  /// Announces and uses a chunk size of our own, in pendingOutput(). Like the next two only once open(), and
  /// not while a composed message waits to be written: that one still has the old size.
  void announceChunkSize(std::uint32_t size);
  void announceWindow(std::uint32_t window);
  /// A ping for peers that have been silent; they answer with the same time.
  void ping(std::uint32_t time_ms);

  /// When the peer last sent anything; nothing before the first byte.
  std::optional<TimePoint> lastReceived() const { return last_received_; }
  const ConnectionStats& stats() const { return stats_; }

 private:
  Error accept(const RawMessage& raw, TimePoint now, std::vector<Message>& out);
  Error acceptAggregate(const RawMessage& raw, TimePoint now, std::vector<Message>& out);
  void obey(const Message& message, TimePoint now);
  void answerPeerBandwidth(std::uint32_t window);
  void answerPing(std::uint32_t time_ms, TimePoint now);
  void acknowledge();
  void appendControl(const Message& message);

  Limits limits_;
  Handshake handshake_;
  ChunkReader reader_;
  ChunkWriter writer_;
  Bytes pending_;
  ComposedMessage control_;
  std::vector<RawMessage> raw_;
  std::uint32_t ack_window_ = 0;  // the peer's; 0: it never asked
  std::uint64_t acknowledged_ = 0;
  std::uint32_t announced_window_ = 0;
  TimePoint ping_second_{};
  std::size_t pings_this_second_ = 0;
  std::optional<TimePoint> last_received_;
  ConnectionStats stats_;
};

}  // namespace multiconn::rtmp
