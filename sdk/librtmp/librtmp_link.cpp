#include "librtmp/librtmp_link.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"
#include "net/tcp_transport.hpp"
#include "rtmp/handshake.hpp"

namespace multiconn::librtmp {

using net::CloseMode;
using net::LinkFailure;

namespace {

constexpr std::chrono::milliseconds close_deadline{200};
// Of the socket pair, each way: what lies in there can be dropped no more.
constexpr int pair_buffer = 64 * 1024;
// librtmp's chunk headers of one message, and what it answers by itself in front of it: bytes that only the
// socket will show. Rather too many than a message that counts as sent before its end is.
constexpr std::size_t room_for_headers = 4096;
constexpr const char* peer = "the server";

struct Descriptors {
  net::Socket ours, librtmps, wake;
  explicit operator bool() const { return ours && librtmps && wake; }
};
Descriptors makeDescriptors();
rtmp::Error versionError(std::uint8_t first_byte, bool encrypted);

}  // namespace

struct LibrtmpLink::Reference {
  LibrtmpLink* link;  // null once it is gone; read on the strand only
};

LibrtmpLink::LibrtmpLink(net::AsioScheduler& scheduler, net::LinkTarget target)
    : scheduler_(scheduler),
      target_(std::move(target)),
      encrypted_(target_.url.scheme == "rtmpe" || target_.url.scheme == "rtmpte"),
      reference_(std::make_shared<Reference>(Reference{this})) {}

LibrtmpLink::~LibrtmpLink() {
  reference_->link = nullptr;
}

// --- Opening

void LibrtmpLink::open(std::vector<rtmp::OutMessage> opening, net::LinkEvents& events) {
  opening_ = std::move(opening);
  events_ = &events;
  dialer_.emplace(scheduler_, target_, [this](net::DialResult result) { dialed(std::move(result)); });
}

void LibrtmpLink::dialed(net::DialResult result) {
  dialer_.reset();
  if (!result.transport) return end(std::move(result.failure));
  try {
    start(std::move(result.transport));
  } catch (const std::system_error& error) {
    end(net::makeFailure(error.code(), "no thread for librtmp: " + error.code().message()));
  }
}

void LibrtmpLink::start(std::unique_ptr<net::Transport> server) {
  Descriptors made = makeDescriptors();
  if (!made) {
    const std::error_code code(errno, std::system_category());
    return end(net::makeFailure(code, "no socket for librtmp: " + code.message()));
  }
  phase_ = Phase::starting;
  local_descriptor_ = made.ours.descriptor();
  auto local = std::make_unique<net::TcpTransport>(scheduler_, std::move(made.ours));
  worker_ = std::make_unique<Worker>(Worker::Start{std::move(made.librtmps), std::move(made.wake), encrypted_,
                                                   limits_, std::exchange(opening_, {})},
                                     [&scheduler = scheduler_, reference = reference_] {
                                       scheduler.post([reference] {
                                         if (reference->link) reference->link->hear();
                                       });
                                     });
  relay_ = std::make_unique<Relay>(scheduler_, std::move(server), std::move(local),
                                   static_cast<RelayEvents&>(*this));
}

/// librtmp does not look: it takes anything for an answer to its handshake.
void LibrtmpLink::firstByte(std::uint8_t byte) {
  first_byte_ = byte;
  const rtmp::Error error = versionError(byte, encrypted_);
  if (error == rtmp::Error::none) return;
  if (encrypted_ && error == rtmp::Error::unsupported_version)
    return end(net::makeFailure(error, "the server does not speak RTMPE"));
  end(net::peerFailed(error, peer, {false, 0, byte}));
}

void LibrtmpLink::opened() {
  phase_ = Phase::open;
  was_open_ = true;
  events_->opened();
}

// --- Messages

/// A task of its own, after the thread has said that there is news. Each event may end or destroy the link.
void LibrtmpLink::hear() {
  if (phase_ == Phase::ended) return;
  const auto self = reference_;
  News news = worker_->take();
  const auto listening = [&] { return self->link && phase_ != Phase::ended; };
  if (news.opened && phase_ == Phase::starting) opened();
  if (listening()) deliver(std::move(news.messages));
  if (listening() && news.sent) sent();
  if (listening() && news.ended) workerEnded(news.error);
}

void LibrtmpLink::deliver(std::vector<rtmp::Message> messages) {
  const auto self = reference_;
  for (rtmp::Message& message : messages) {
    if (!self->link || phase_ != Phase::open) return;
    events_->message(std::move(message));
  }
}

void LibrtmpLink::sent() {
  busy_ = false;
  in_flight_ = 0;
  if (phase_ == Phase::open && std::exchange(refused_, false)) events_->writable();
}

bool LibrtmpLink::trySend(const rtmp::OutMessage& message) {
  if (phase_ != Phase::open) return false;
  if (busy_) {
    refused_ = true;
    return false;
  }
  busy_ = true;
  in_flight_ = message.payload->size();
  worker_->send(message);
  return true;
}

net::LinkStats LibrtmpLink::stats() const {
  if (!relay_) return last_stats_;
  net::LinkStats stats{relay_->server().figures()};
  stats.bytes_sent = relay_->bytesSent();
  stats.bytes_received = relay_->bytesReceived();
  stats.last_read = relay_->lastReceived();
  stats.unsent = unsent();
  return stats;
}

std::uint64_t LibrtmpLink::taken() const {
  if (!relay_) return last_stats_.bytes_sent + last_stats_.unsent;
  return relay_->bytesSent() + unsent() + (busy_ ? room_for_headers : 0);
}

std::size_t LibrtmpLink::unsent() const {
  int in_socket = 0;
  if (!relay_ || ::ioctl(local_descriptor_, FIONREAD, &in_socket) != 0 || in_socket < 0) in_socket = 0;
  return in_flight_ + static_cast<std::size_t>(in_socket) + (relay_ ? relay_->unsent() : 0);
}

// --- Ending

void LibrtmpLink::serverEnded(std::error_code code) {
  server_end_ = code;
  if (phase_ == Phase::closing) {
    if (unsent() == 0) return end({});
    return end(net::makeFailure(net::Error::closed_by_peer,
                                "the server closed the connection before it had taken everything"));
  }
  // The thread takes in what is left, meets the end and says so.
  relay_->discardOutput();
}

void LibrtmpLink::workerEnded(rtmp::Error error) {
  if (phase_ == Phase::closing) return;  // it has finished; the relay goes on
  if (error != rtmp::Error::none) return end(net::peerFailed(error, peer, {was_open_, 0, first_byte_}));
  if (server_end_) return end(serverFailure());
  end(net::makeFailure(net::Error::protocol_violation, was_open_ ? "librtmp gave the connection up"
                                                       : encrypted_
                                                           ? "the server failed the RTMPE handshake"
                                                           : "the server failed the RTMP handshake"));
}

LinkFailure LibrtmpLink::serverFailure() const {
  const net::PeerState state{was_open_, unsent(), first_byte_};
  return *server_end_ ? net::peerFailed(*server_end_, peer, state) : net::peerEnded(peer, state);
}

void LibrtmpLink::close(CloseMode mode) {
  if (!events_ || phase_ == Phase::ended) return;
  if (mode == CloseMode::abort || phase_ == Phase::dialing || phase_ == Phase::starting || server_end_) {
    abandon();
    timer_ = scheduler_.after(net::Duration::zero(), [this] { end({}); });
    return;
  }
  if (phase_ == Phase::closing) return;
  phase_ = Phase::closing;
  worker_->finish();
  timer_ = scheduler_.after(close_deadline, [this] { deadlinePassed(); });
}

void LibrtmpLink::deadlinePassed() {
  if (unsent() == 0) return end({});
  end(net::makeFailure(std::make_error_code(std::errc::timed_out),
                       "the server did not take the last " + std::to_string(unsent()) + " bytes in time"));
}

/// The thread ends by itself once the relay is gone; the destructor waits for it.
void LibrtmpLink::abandon() {
  last_stats_ = stats();
  phase_ = Phase::ended;
  dialer_.reset();
  relay_.reset();
  local_descriptor_ = -1;
}

void LibrtmpLink::end(LinkFailure failure) {
  if (phase_ != Phase::ended) abandon();
  timer_.cancel();
  if (net::LinkEvents* events = std::exchange(events_, nullptr)) events->closed(std::move(failure));
}

namespace {

Descriptors makeDescriptors() {
  Descriptors made;
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return made;
  made.ours.reset(pair[0]);
  made.librtmps.reset(pair[1]);
  for (const int descriptor : pair) {
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &pair_buffer, sizeof pair_buffer);
  }
  made.wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return made;
}

/// S0: 3, or for RTMPE 6 (type 6 signatures), 8 (XTEA) or 9 (Blowfish).
rtmp::Error versionError(std::uint8_t first_byte, bool encrypted) {
  if (encrypted && (first_byte == 6 || first_byte == 8 || first_byte == 9)) return rtmp::Error::none;
  if (encrypted && first_byte == 3) return rtmp::Error::unsupported_version;
  rtmp::Handshake handshake(rtmp::Handshake::Role::client, {}, 0);
  const std::byte byte{first_byte};
  rtmp::BytesView bytes(&byte, 1);
  rtmp::Bytes answer;
  return handshake.receive(bytes, answer);
}

}  // namespace

}  // namespace multiconn::librtmp
