#include "client/peer_connection.hpp"

#include <algorithm>
#include <utility>

#include "rtmp/slot_value.hpp"

namespace multiconn::client {

namespace {

// Of the application's own, calls are refused beyond the first, and a server that does not take the answers
// to its own calls is given up; one that lets shared objects pile up beyond the second is not worth keeping.
constexpr std::size_t most_waiting_calls = 1024 * 1024;
constexpr std::size_t most_waiting_commands = 8 * 1024 * 1024;

/// No peer has to read deeper than ours reads.
bool tooDeep(const std::vector<AmfValue>& values) {
  return !std::all_of(values.begin(), values.end(),
                      [](const AmfValue& value) { return rtmp::within(value, rtmp::Limits().amf_depth); });
}

/// Commands and shared objects; not data, which belongs to the stream.
bool isCommand(const rtmp::QueuedMessage& message) {
  return message.kind == rtmp::QueuedMessage::Class::control &&
         message.message.type != rtmp::MessageType::data_amf0;
}

bool isFrame(const rtmp::QueuedMessage& message) {
  return message.kind == rtmp::QueuedMessage::Class::audio ||
         message.kind == rtmp::QueuedMessage::Class::video;
}

}  // namespace

PeerConnection::PeerConnection(net::Scheduler& scheduler, std::unique_ptr<net::Link> link,
                               rtmp::ConnectRequest request, PeerConnectionEvents& events)
    : scheduler_(scheduler),
      events_(&events),
      session_(std::move(request), rtmp::Limits()),
      link_(std::move(link)) {}

void PeerConnection::retire(std::unique_ptr<PeerConnection> connection) {
  if (!connection) return;
  connection->tellNobody();
  connection->close_timer_.cancel();
  net::Scheduler& scheduler = connection->scheduler_;
  scheduler.post([retired = std::shared_ptr<PeerConnection>(std::move(connection))] {});
}

void PeerConnection::open(std::optional<rtmp::PublishRequest> pipelined) {
  pipelined_ = pipelined.has_value();
  link_->open(session_.connect(std::move(pipelined)).send, *this);
}

void PeerConnection::unpublish() {
  pipelined_ = false;
  perform(session_.unpublish());
}

rtmp::Error PeerConnection::call(std::string_view method, std::vector<AmfValue> arguments, bool wants_reply,
                                 double& transaction) {
  if (command_bytes_ > most_waiting_calls) return rtmp::Error::too_many_calls;
  if (tooDeep(arguments)) return rtmp::Error::amf_too_deep;
  rtmp::ClientReaction reaction;
  const rtmp::Error error = session_.call(method, std::move(arguments), wants_reply, transaction, reaction);
  perform(std::move(reaction));
  return error;
}

void PeerConnection::result(double transaction, AmfValue value) {
  if (transaction == 0) return;
  std::vector<AmfValue> values{std::move(value)};
  const bool deep = tooDeep(values);
  const rtmp::Message message{
      0, 0,
      rtmp::Command{"_result", transaction, nullptr, deep ? std::vector<AmfValue>() : std::move(values),
                    session_.amf3()}};
  auto encoded = rtmp::encode(message);
  if (deep || !encoded) return callFailed(transaction, "The result cannot be sent.");
  sendCommands({std::move(*encoded)}, Origin::answer);
}

void PeerConnection::callFailed(double transaction, std::string_view description) {
  sendCommands(session_.callFailed(transaction, description).send, Origin::answer);
}

rtmp::Error PeerConnection::sendSharedObject(rtmp::SharedObjectMessage message) {
  rtmp::ClientReaction reaction;
  const rtmp::Error error = session_.sendSharedObject(std::move(message), reaction);
  perform(std::move(reaction));
  return error;
}

void PeerConnection::send(rtmp::QueuedMessage message) {
  push(std::move(message), Origin::ours);
}

void PeerConnection::dropMedia() {
  if (first_dropped_ == 0) first_dropped_ = queue_.firstNumber();
  std::vector<rtmp::QueuedMessage> commands;
  for (; !queue_.empty(); queue_.pop())
    if (isCommand(queue_.front())) commands.push_back(queue_.front());
  queue_.clear();
  for (rtmp::QueuedMessage& command : commands) queue_.push(std::move(command));
}

void PeerConnection::abandonMedia() {
  queue_.bounds({.bytes = 0, .age = {}, .lossless = false, .messages = 0});
  queue_.relieve(scheduler_.now());
}

std::optional<std::uint64_t> PeerConnection::unconfirmed() {
  if (last_number_ == 0) return {};
  sent_numbers_.acknowledge(stats());
  if (const auto first = sent_numbers_.first()) return first;
  if (first_dropped_ != 0) return first_dropped_;
  const std::uint64_t queued = queue_.firstNumber();
  return queued != 0 ? queued : last_number_ + 1;
}

std::optional<LongFrame> PeerConnection::longFrame() {
  if (long_frame_ && unconfirmed().value_or(1) > long_frame_->number) long_frame_.reset();
  return long_frame_;
}

void PeerConnection::forgetNumbers() {
  sent_numbers_.clear();
  last_number_ = first_dropped_ = 0;
  long_frame_.reset();
}

bool PeerConnection::idle() const {
  const net::LinkStats figures = stats();
  return queue_.empty() && figures.unsent == 0 && figures.unacknowledged == 0;
}

void PeerConnection::closeWhenSent(rtmp::Duration patience) {
  if (std::exchange(closing_, true)) return;
  if (queue_.empty()) return link_->close(net::CloseMode::graceful);
  close_timer_ = scheduler_.after(patience, [this] { link_->close(net::CloseMode::graceful); });
}

void PeerConnection::message(rtmp::Message message) {
  if (!events_) return;
  rtmp::ClientReaction reaction = session_.handle(message);
  sendCommands(std::move(reaction.send), Origin::answer);
  for (rtmp::ClientEvent& event : reaction.events)
    if (events_) events_->happened(event);
}

void PeerConnection::writable() {
  drain();
  if (closing_ && queue_.empty()) {
    close_timer_.cancel();
    return link_->close(net::CloseMode::graceful);
  }
  if (events_) events_->moved();
}

void PeerConnection::closed(net::LinkFailure failure) {
  open_ = false;
  close_timer_.cancel();
  if (events_) events_->closed(std::move(failure));
}

void PeerConnection::perform(rtmp::ClientReaction reaction) {
  sendCommands(std::move(reaction.send), Origin::ours);
  for (rtmp::ClientEvent& event : reaction.events)
    if (events_) events_->happened(event);
}

// Commands are never dropped, and a server makes us answer as often as it likes: one that does not take the
// answers must not fill the memory with them. Nor with what the application has to say, which may be in the
// middle of saying it: it is told later.
void PeerConnection::sendCommands(std::vector<rtmp::OutMessage> commands, Origin origin) {
  for (rtmp::OutMessage& command : commands) {
    if (origin == Origin::answer && answer_bytes_ > most_waiting_calls) break;
    push({std::move(command), rtmp::QueuedMessage::Class::control, FrameKind::key, scheduler_.now()}, origin);
  }
  if (closing_) return;
  if (origin == Origin::answer && answer_bytes_ > most_waiting_calls)
    return choke("The server goes on calling and does not read the answers; it was given up.");
  if (command_bytes_ <= most_waiting_commands) return;
  close_timer_ =
      scheduler_.after({}, [this] { choke("The server does not take what it is told, and was given up."); });
}

// Through the queue even when it is empty: only the queue knows whether what was dropped makes this frame
// worthless.
void PeerConnection::push(rtmp::QueuedMessage message, Origin origin) {
  if (isCommand(message)) {
    const std::size_t size = message.message.payload->size();
    ++commands_pushed_;
    if (origin == Origin::answer) answers_.push({commands_pushed_, size});
    (origin == Origin::answer ? answer_bytes_ : command_bytes_) += size;
  }
  offered_ += message.message.payload->size();
  if (message.number != 0) number(message.number);
  queue_.push(std::move(message));
  if (open_ && !blocked_) drain();
}

void PeerConnection::number(std::uint64_t number) {
  if (number <= last_number_) {
    sent_numbers_.clear();
    long_frame_.reset();
  }
  last_number_ = number;
  first_dropped_ = 0;
}

void PeerConnection::drain() {
  blocked_ = !open_;
  while (!blocked_ && !queue_.empty()) {
    blocked_ = !link_->trySend(queue_.front().message);
    if (!blocked_) pop();
  }
}

void PeerConnection::pop() {
  const rtmp::QueuedMessage& message = queue_.front();
  if (isFrame(message)) ++frames_sent_;
  if (message.number != 0) {
    if (sent_numbers_.full()) sent_numbers_.acknowledge(stats());
    sent_numbers_.taken(message.number, link_->taken());
    if (FrameLimit::isLong(message)) noteLongFrame(message);
  }
  if (isCommand(message)) {
    ++commands_popped_;
    if (!answers_.empty() && answers_.front().number == commands_popped_) {
      answer_bytes_ -= answers_.front().bytes;
      answers_.pop();
    } else {
      command_bytes_ -= message.message.payload->size();
    }
  }
  queue_.pop();
}

void PeerConnection::noteLongFrame(const rtmp::QueuedMessage& message) {
  const std::optional<LongFrame> before = long_frame_;
  if (longFrame()) return;
  const rtmp::TimePoint now = scheduler_.now();
  if (before && now - long_frame_at_ >= time_to_refuse)
    longest_taken_ = std::max(longest_taken_, before->bytes);
  long_frame_ = LongFrame{message.number, message.message.payload->size()};
  long_frame_at_ = now;
}

void PeerConnection::choke(const char* why) {
  if (events_) events_->choked(why);
}

void PeerConnection::opened() {
  open_ = was_opened_ = true;
  drain();
}

}  // namespace multiconn::client
