#include "librtmp/worker.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <utility>

#include "librtmp/inbound.hpp"
#include "librtmp/packet_reader.hpp"
#include "librtmp/packet_writer.hpp"
#include "librtmp/session.hpp"

namespace multiconn::librtmp {
namespace {

// Messages that the strand has not taken yet; beyond it the peer has to wait.
constexpr std::size_t most_messages = 64;
constexpr std::size_t most_bytes = 1024 * 1024;

Session makeSession(net::Socket socket, bool encrypted) {
  Session session(RTMP_Alloc());
  if (!session) return nullptr;
  RTMP_Init(session.get());
  session->Link.protocol = encrypted ? RTMP_PROTOCOL_RTMPE : RTMP_PROTOCOL_RTMP;
  session->m_sb.sb_socket = socket.release();
  return session;
}

rtmp::OutMessage chunkSize(std::uint32_t size) {
  return *rtmp::encode({.body = rtmp::SetChunkSize{size}});
}

}  // namespace

Worker::Worker(Start start, std::function<void()> notify)
    : limits_(start.limits), notify_(std::move(notify)), wake_(std::move(start.wake)) {
  // librtmp's writes to a closed socket raise SIGPIPE; other signals are for the program's own threads. A
  // thread inherits the mask, so that none reaches it before it has one of its own.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    thread_ = std::thread([this, held = std::move(start)]() mutable { run(std::move(held)); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Worker::~Worker() {
  thread_.join();
}

// --- On the strand

void Worker::send(rtmp::OutMessage message) {
  {
    const std::lock_guard lock(mutex_);
    outgoing_ = std::move(message);
  }
  wakeUp();
}

void Worker::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  wakeUp();
}

News Worker::take() {
  bool was_full = false;
  News news;
  {
    const std::lock_guard lock(mutex_);
    notified_ = false;
    was_full = inboxFull();
    news_bytes_ = 0;
    news = std::exchange(news_, {});
  }
  if (was_full) wakeUp();
  return news;
}

void Worker::wakeUp() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then there is no need.
  [[maybe_unused]] const ssize_t written = ::write(wake_.descriptor(), &one, sizeof one);
}

// --- On the thread

void Worker::run(Start start) {
  rtmp::Error error = rtmp::Error::none;
  if (const Session session = makeSession(std::move(start.socket), start.encrypted)) {
    PacketWriter writer(*session);
    if (writer.connect(chunkSize(limits_.own_chunk_size))) {
      session->m_outChunkSize = static_cast<int>(limits_.own_chunk_size);
      // librtmp goes on in plain text with a server that answers so.
      const bool as_asked = !start.encrypted || session->Link.rc4keyOut != nullptr;
      error = as_asked ? converse(*session, writer, start.opening) : rtmp::Error::unsupported_version;
    }
  }
  tell([error](News& news) {
    news.ended = true;
    news.error = error;
  });
}

rtmp::Error Worker::converse(RTMP& session, PacketWriter& writer,
                             const std::vector<rtmp::OutMessage>& opening) {
  for (const rtmp::OutMessage& message : opening) {
    if (!writer.send(message)) return rtmp::Error::none;
  }
  tell([](News& news) { news.opened = true; });
  PacketReader reader(session, limits_);
  Inbound inbound(limits_);
  while (true) {
    const Wanted wanted = wantedNow();
    if (wanted.finish) return rtmp::Error::none;
    const bool buffered = session.m_sb.sb_size > 0;
    const short events = static_cast<short>((wanted.read ? POLLIN : 0) | (wanted.write ? POLLOUT : 0));
    std::array<pollfd, 2> entries{{{session.m_sb.sb_socket, events, 0}, {wake_.descriptor(), POLLIN, 0}}};
    if (::poll(entries.data(), entries.size(), buffered && wanted.read ? 0 : -1) < 0 && errno != EINTR)
      return rtmp::Error::none;
    if (entries[1].revents != 0) clearWake();
    if ((entries[0].revents & POLLOUT) != 0 && !write(writer)) return rtmp::Error::none;
    const bool ended = (entries[0].revents & (POLLHUP | POLLERR)) != 0;
    const bool readable = buffered || (entries[0].revents & POLLIN) != 0;
    if (!ended && !(wanted.read && readable)) continue;
    if (const Step step = read(reader, inbound, writer); step.ended) return step.error;
  }
}

Worker::Wanted Worker::wantedNow() {
  const std::lock_guard lock(mutex_);
  return {.read = !inboxFull() && !finishing_,
          .write = outgoing_.has_value(),
          .finish = finishing_ && !outgoing_};
}

bool Worker::inboxFull() const {
  return news_.messages.size() >= most_messages || news_bytes_ >= most_bytes;
}

void Worker::clearWake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = ::read(wake_.descriptor(), &count, sizeof count);
}

bool Worker::write(PacketWriter& writer) {
  std::optional<rtmp::OutMessage> message;
  {
    const std::lock_guard lock(mutex_);
    message = std::exchange(outgoing_, std::nullopt);
  }
  if (!message) return true;
  if (!writer.send(*message)) return false;
  tell([](News& news) { news.sent = true; });
  return true;
}

Worker::Step Worker::read(PacketReader& reader, Inbound& inbound, PacketWriter& writer) {
  const PacketReader::Result result = reader.readChunk();
  if (result.ended) return {.ended = true};
  std::vector<rtmp::Message> messages;
  rtmp::Error error = rtmp::Error::none;
  if (result.message) error = inbound.accept(*result.message, std::chrono::steady_clock::now(), messages);
  if (error == rtmp::Error::none) error = result.error;
  inbound.received(reader.bytesReceived());
  if (!messages.empty()) {
    const std::size_t bytes = result.message->payload ? result.message->payload->size() : 0;
    tell([&](News& news) {
      std::move(messages.begin(), messages.end(), std::back_inserter(news.messages));
      news_bytes_ += bytes;
    });
  }
  if (error != rtmp::Error::none) return {.ended = true, .error = error};
  for (const rtmp::OutMessage& answer : std::exchange(inbound.answers(), {})) {
    if (!writer.send(answer)) return {.ended = true};
  }
  return {};
}

template <typename Change>
void Worker::tell(Change change) {
  {
    const std::lock_guard lock(mutex_);
    change(news_);
    if (std::exchange(notified_, true)) return;
  }
  notify_();
}

}  // namespace multiconn::librtmp
