#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "librtmp/relay.hpp"
#include "librtmp/worker.hpp"
#include "net/asio_scheduler.hpp"
#include "net/dialer.hpp"
#include "net/link.hpp"

namespace multiconn::librtmp {

/// librtmp as an engine: rtmpe:// and rtmpte://, and any other scheme on request.
///
/// librtmp blocks, so that it has a thread of its own, and it never sees the network: what it takes for its
/// server's socket is one end of a socket pair, and our own code carries the bytes between the other end and
/// the server. Look-up, TLS with its verification, the HTTP tunnel, deadlines and figures are thus those of
/// the native engine; closing our end ends every call librtmp may be in; and a server that answers rtmpe in
/// plain text is refused before librtmp would go on in plain text itself.
///
/// What librtmp cannot do: read and write at once. While a message of ours does not fit into the socket, or
/// a chunk of the server's has come in part, the other direction waits. And what it cannot protect from: it
/// makes room for whatever length a message announces (16 MiB at most, for one chunk; see PacketReader), and
/// forgets two small keys for each RTMPE server that fails to prove itself.
class LibrtmpLink final : public net::Link, private RelayEvents {
 public:
  LibrtmpLink(net::AsioScheduler& scheduler, net::LinkTarget target);
  ~LibrtmpLink() override;

  void open(std::vector<rtmp::OutMessage> opening, net::LinkEvents& events) override;
  bool trySend(const rtmp::OutMessage& message) override;
  net::LinkStats stats() const override;
  std::uint64_t taken() const override;
  void close(net::CloseMode mode) override;

 private:
  // dialing: no server yet. starting: hands are being shaken. closing: what was taken is written, then the
  // server's end awaited. ended: closed() is told, or about to be.
  enum class Phase : std::uint8_t { dialing, starting, open, closing, ended };
  struct Reference;

  void dialed(net::DialResult result);
  void start(std::unique_ptr<net::Transport> server);
  void hear();
  void deliver(std::vector<rtmp::Message> messages);
  void opened();
  void sent();
  void workerEnded(rtmp::Error error);
  void deadlinePassed();
  std::size_t unsent() const;
  void abandon();
  void end(net::LinkFailure failure);
  net::LinkFailure serverFailure() const;

  // RelayEvents
  void firstByte(std::uint8_t byte) override;
  void serverEnded(std::error_code code) override;

  net::AsioScheduler& scheduler_;
  net::LinkTarget target_;
  rtmp::Limits limits_;
  bool encrypted_;
  std::shared_ptr<Reference> reference_;  // for the thread's tasks
  net::LinkEvents* events_ = nullptr;     // null before open() and after closed()
  Phase phase_ = Phase::dialing;
  std::vector<rtmp::OutMessage> opening_;
  std::size_t in_flight_ = 0;  // bytes of messages that the thread has not sent yet
  bool busy_ = false;          // it has some
  bool refused_ = false;       // trySend() returned false: writable() is owed
  bool was_open_ = false;
  std::uint8_t first_byte_ = 0;
  std::optional<std::error_code> server_end_;
  net::LinkStats last_stats_;

  std::optional<net::Dialer> dialer_;
  int local_descriptor_ = -1;  // of the relay's end
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<Relay> relay_;  // goes first: the worker ends with it
  net::Timer timer_;
};

}  // namespace multiconn::librtmp
