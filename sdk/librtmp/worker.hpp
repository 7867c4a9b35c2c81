#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/socket.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"

struct RTMP;

namespace multiconn::librtmp {

class Inbound;
class PacketReader;
class PacketWriter;

/// What a Worker has to tell, in this order.
struct News {
  bool opened = false;  ///< hands are shaken, and the opening messages are in the socket
  std::vector<rtmp::Message> messages;
  bool sent = false;   ///< what send() took is in the socket
  bool ended = false;  ///< last of all
  rtmp::Error error =
      rtmp::Error::none;  ///< of ended: what the peer did wrong; none: it is the socket that ended
};

/// One librtmp session on a thread of its own: librtmp blocks. It ends when the other end of its socket is
/// closed, in whatever call it is then.
class Worker {
 public:
  struct Start {
    net::Socket socket;  ///< blocking
    net::Socket wake;    ///< an eventfd
    bool encrypted;      ///< RTMPE
    rtmp::Limits limits;
    std::vector<rtmp::OutMessage> opening;  ///< for behind the handshake and the chunk size
  };
  /// `notify` is called on the worker's thread whenever there is something to take(). Throws
  /// std::system_error when there can be no more threads.
  Worker(Start start, std::function<void()> notify);
  /// Waits for the thread: the other end of the socket has to be closed.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Once opened, and not again before `sent` is told.
  void send(rtmp::OutMessage message);
  /// Ends once everything is sent.
  void finish();
  News take();

 private:
  struct Wanted {
    bool read, write, finish;
  };
  struct Step {
    bool ended = false;
    rtmp::Error error = rtmp::Error::none;
  };

  void run(Start start);
  rtmp::Error converse(RTMP& session, PacketWriter& writer, const std::vector<rtmp::OutMessage>& opening);
  Wanted wantedNow();
  bool inboxFull() const;
  bool write(PacketWriter& writer);
  Step read(PacketReader& reader, Inbound& inbound, PacketWriter& writer);
  template <typename Change>
  void tell(Change change);
  void wakeUp();
  void clearWake();

  const rtmp::Limits limits_;
  const std::function<void()> notify_;
  const net::Socket wake_;

  std::mutex mutex_;
  std::optional<rtmp::OutMessage> outgoing_;
  bool finishing_ = false;
  News news_;
  std::size_t news_bytes_ = 0;  // of its messages
  bool notified_ = false;

  std::thread thread_;
};

}  // namespace multiconn::librtmp
