#include "origin/client_connection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "origin/client_membership.hpp"
#include "origin/gated_transport.hpp"
#include "origin/live_stream.hpp"
#include "origin/server_context.hpp"

namespace multiconn::origin {
namespace {

using std::chrono::milliseconds;

// What a peer may have done before the others have their turn, in units of about one message sent: well below
// a millisecond.
constexpr std::size_t work_per_turn = 256;
constexpr std::size_t command_work = 8, event_work = 2;
constexpr unsigned lines_per_second = 50;

bool isMedia(const rtmp::Message& message) {
  return std::holds_alternative<rtmp::Audio>(message.body) ||
         std::holds_alternative<rtmp::Video>(message.body) ||
         std::holds_alternative<rtmp::Data>(message.body);
}

std::size_t workOf(const rtmp::Message& message) {
  if (std::holds_alternative<rtmp::Command>(message.body)) return command_work;
  if (const auto* object = std::get_if<rtmp::SharedObjectMessage>(&message.body)) {
    return command_work + event_work * object->events.size();
  }
  return 1;
}

std::string sentence(const net::LinkFailure& failure) {
  if (!failure.text.empty()) return failure.text;
  return failure.code ? failure.code.message() : std::string("closed");
}

}  // namespace

ClientConnection::ClientConnection(ServerContext& context, std::unique_ptr<net::Transport> transport,
                                   std::string address, std::function<void(ClientConnection&)> gone)
    : context_(context),
      address_(std::move(address)),
      gone_(std::move(gone)),
      session_(context.limits),
      transport_(std::make_unique<GatedTransport>(context.scheduler, std::move(transport))),
      gate_(*transport_),
      pump_(context.scheduler, std::move(transport_), rtmp::Handshake::Role::server, context.limits, *this),
      outbox_(pump_, context.options.quotas.object_queue_bytes,
              [this] { end("takes too little of what is sent"); }),
      lines_(lines_per_second),
      debug_lines_(lines_per_second),
      started_(context.scheduler.now()),
      last_progress_(started_) {}

ClientConnection::~ClientConnection() = default;

void ClientConnection::start() {
  deadline_ = context_.scheduler.after(context_.options.handshake_timeout,
                                       [this] { end("handshake not finished in time"); });
  pump_.start();
}

void ClientConnection::end(std::string_view why, net::CloseMode mode) {
  if (ending_) return;
  ending_ = true;
  log(OriginLogLevel::debug, std::string("is closed: ").append(why));
  pump_.close(mode);
}

void ClientConnection::perform(rtmp::ServerReaction reaction) {
  if (ending_) return;
  if (!reaction.send.empty()) outbox_.send(std::move(reaction.send));
  for (rtmp::ServerEvent& event : reaction.events) {
    if (ending_) return;
    std::visit([this](auto& what) { on(what); }, event);
  }
  if (reaction.close != rtmp::Error::none) {
    end(make_error_code(reaction.close).message(), net::CloseMode::graceful);
  }
}

void ClientConnection::sendObject(const rtmp::OutMessage& message) {
  if (!ending_) outbox_.send(message);
}

rtmp::ServerReaction ClientConnection::acceptConnect() {
  pump_.connection().announceChunkSize(context_.limits.own_chunk_size);
  log(OriginLogLevel::debug, "connected to " + printable(app_));
  return session_.acceptConnect();
}

void ClientConnection::discard(std::uint32_t stream_id) {
  const auto found = uses_.find(stream_id);
  if (found == uses_.end()) return;
  context_.scheduler.post([weak = weak_from_this(), stream_id, weak_use = std::weak_ptr(found->second.use)] {
    const auto self = weak.lock();
    const auto use = weak_use.lock();
    // The stream may have been given another use meanwhile.
    if (self && use && self->useOf(stream_id) == use.get()) self->unuse(stream_id);
  });
}

void ClientConnection::playBegan(std::uint32_t stream_id) {
  const auto found = uses_.find(stream_id);
  if (found != uses_.end()) found->second.visit->began();
}

rtmp::TimePoint ClientConnection::now() const {
  return context_.scheduler.now();
}

void ClientConnection::log(OriginLogLevel level, std::string_view what) const {
  if (const auto left_out = admitLine(level)) write(level, what, *left_out);
}

void ClientConnection::log(OriginLogLevel level, std::string_view what, const LiveStream& stream) const {
  const auto left_out = admitLine(level);
  if (!left_out) return;
  write(level, std::string(what).append(" ").append(context_.labels.line(stream.app(), stream.name())),
        *left_out);
}

// Lines for debugging are counted by themselves: mostly nobody sees them.
std::optional<std::uint64_t> ClientConnection::admitLine(OriginLogLevel level) const {
  if (!context_.options.log) return {};
  return (level == OriginLogLevel::debug ? debug_lines_ : lines_).admit(now());
}

void ClientConnection::write(OriginLogLevel level, std::string_view what, std::uint64_t left_out) const {
  if (left_out != 0) {
    context_.log(OriginLogLevel::warning,
                 address_ + " has brought about " + std::to_string(left_out) + " lines that were left out");
  }
  context_.log(level, std::string(address_).append(" ").append(what));
}

void ClientConnection::opened() {
  deadline_ =
      context_.scheduler.after(context_.limits.connect_timeout, [this] { end("no connect in time"); });
}

void ClientConnection::message(rtmp::Message received) {
  if (ending_) return;
  if (backlog_.empty() && spent_ < work_per_turn) return handle(received);
  backlog_.push_back(std::move(received));
  gate_.shut();
}

void ClientConnection::spend(std::size_t work) {
  const bool had_left = spent_ < work_per_turn;
  spent_ += work;
  if (had_left && spent_ >= work_per_turn) waitForTurn();
}

void ClientConnection::waitForTurn() {
  context_.scheduler.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->takeTurn();
  });
}

// At the end of what is at hand for all peers. What was more than a turn's is paid for with the next ones.
void ClientConnection::takeTurn() {
  spent_ -= std::min(spent_, work_per_turn);
  if (spent_ >= work_per_turn) return waitForTurn();
  while (!ending_ && !backlog_.empty() && spent_ < work_per_turn) {
    const rtmp::Message next = std::move(backlog_.front());
    backlog_.pop_front();
    handle(next);
  }
  if (ending_) backlog_.clear();
  if (backlog_.empty()) gate_.open();
}

// Of a peer that has gone, what it has broadcast last still counts.
void ClientConnection::finishMedia() {
  for (const rtmp::Message& message : std::exchange(backlog_, {})) {
    if (ending_ || !isMedia(message)) return;
    handle(message);
  }
}

void ClientConnection::handle(const rtmp::Message& message) {
  spend(workOf(message));
  if (const auto* control = std::get_if<rtmp::UserControl>(&message.body)) {
    if (control->event == rtmp::UserControl::Event::set_buffer_length) noteBufferLength(*control);
    return;
  }
  const auto* command = std::get_if<rtmp::Command>(&message.body);
  if (command && answerStreamLength(*command)) return;
  perform(session_.handle(message));
}

void ClientConnection::writable() {
  if (!ending_) outbox_.writable();
}

void ClientConnection::closed(net::LinkFailure failure) {
  finishMedia();
  // Whoever has not even connected may be a scanner, of which there are many.
  const bool broke_protocol = member_ && failure.code.category() == rtmp::errorCategory();
  if (!ending_)
    log(broke_protocol ? OriginLogLevel::warning : OriginLogLevel::debug, "left: " + sentence(failure));
  leave();
  gone_(*this);
}

void ClientConnection::leave() {
  ending_ = true;
  deadline_.cancel();
  while (!uses_.empty()) unuse(uses_.begin()->first);
  if (member_) member_->leave();
}

// Clients send it before play as well as behind it.
void ClientConnection::noteBufferLength(const rtmp::UserControl& control) {
  buffer_length_ms_ = control.buffer_ms;
  if (StreamUse* const use = useOf(control.value)) use->bufferLength(control.buffer_ms);
}

StreamUse* ClientConnection::useOf(std::uint32_t stream_id) {
  const auto found = uses_.find(stream_id);
  return found == uses_.end() ? nullptr : found->second.use.get();
}

void ClientConnection::use(std::uint32_t stream_id, std::shared_ptr<StreamUse> use,
                           std::unique_ptr<StreamVisit> visit) {
  uses_.insert_or_assign(stream_id, Use{std::move(visit), std::move(use)});
}

// The application hears of it when the stream is in no list any more.
void ClientConnection::unuse(std::uint32_t stream_id) {
  const auto ended = uses_.extract(stream_id);
}

// Once connected: pings to a silent peer, and the end of one that stays silent or takes nothing.
void ClientConnection::watch() {
  const auto limit = context_.options.idle_timeout;
  const auto current = now();
  const auto silent = current - pump_.connection().lastReceived().value_or(started_);
  if (const auto sent = pump_.stats().bytes_sent; sent != bytes_sent_ || outbox_.empty()) {
    bytes_sent_ = sent;
    last_progress_ = current;
  }
  if (silent > limit) return end("was silent for too long");
  if (current - last_progress_ > limit) return end("took nothing for too long");
  if (silent > limit / 3) {
    const auto since = std::chrono::duration_cast<milliseconds>(current - started_);
    pump_.connection().ping(static_cast<std::uint32_t>(since.count()));
    pump_.flush();
  }
  deadline_ = context_.scheduler.after(
      std::clamp<milliseconds>(limit / 6, milliseconds(5), milliseconds(5000)), [this] { watch(); });
}

}  // namespace multiconn::origin
