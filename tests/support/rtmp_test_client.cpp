#include "support/rtmp_test_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

namespace multiconn::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::array<rtmp::HandshakePacket, 2> randomPackets() {
  std::mt19937 generator(4711);
  std::array<rtmp::HandshakePacket, 2> packets;
  for (auto& packet : packets) {
    for (std::byte& byte : packet) byte = static_cast<std::byte>(generator());
  }
  return packets;
}

bool waitFor(int socket, short events, milliseconds wait) {
  pollfd poll_entry{socket, events, 0};
  return ::poll(&poll_entry, 1, static_cast<int>(std::max<std::int64_t>(0, wait.count()))) > 0;
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  closed_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0;
}

RawClient::~RawClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::send(rtmp::BytesView bytes) {
  while (!bytes.empty()) {
    if (socket_ < 0 || !waitFor(socket_, POLLOUT, default_wait)) return false;
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

rtmp::Bytes RawClient::receive(milliseconds wait) {
  rtmp::Bytes bytes(64 * 1024);
  if (closed_ || socket_ < 0 || !waitFor(socket_, POLLIN, wait)) return {};
  const ssize_t received = ::recv(socket_, bytes.data(), bytes.size(), 0);
  closed_ = received <= 0;
  bytes.resize(received > 0 ? static_cast<std::size_t>(received) : 0);
  return bytes;
}

std::string RawClient::receiveAll() {
  std::string all;
  for (rtmp::Bytes bytes = receive(); !bytes.empty(); bytes = receive()) all += rtmp::asText(bytes);
  return all;
}

bool RawClient::waitClosed(milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  while (!closed_ && Clock::now() < deadline) {
    receive(std::chrono::duration_cast<milliseconds>(deadline - Clock::now()));
  }
  return closed_;
}

void RawClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket_);
  socket_ = -1;
  closed_ = true;
}

RtmpTestClient::RtmpTestClient(std::uint16_t port, Options options)
    : raw_(port, options.receive_buffer),
      options_(std::move(options)),
      connection_(rtmp::Handshake::Role::client, limits_, randomPackets(), 0, options_.handshake),
      session_({.app = options_.app,
                .tc_url = "rtmp://127.0.0.1:" + std::to_string(port) + "/" + options_.app,
                .flash_version = options_.encoder ? "FMLE/3.0 (test)" : "test",
                .encoder = options_.encoder,
                .arguments = options_.arguments,
                .amf3 = options_.amf3},
               limits_) {}

bool RtmpTestClient::handshake() {
  return flush() && until([this] { return connection_.open(); });
}

bool RtmpTestClient::connect() {
  if (!handshake()) return false;
  connection_.announceChunkSize(limits_.own_chunk_size);
  if (!perform(session_.connect())) return false;
  return until([this] { return session_.connected() || connect_failed_; }) && !connect_failed_;
}

bool RtmpTestClient::publish(const std::string& name, const std::string& mode) {
  publish_failed_ = false;
  if (!perform(session_.publish({name, mode}))) return false;
  return until([this] { return session_.publishing() || publish_failed_; }) && !publish_failed_;
}

bool RtmpTestClient::unpublish() {
  return perform(session_.unpublish());
}

bool RtmpTestClient::requestPlay(rtmp::PlayRequest request) {
  play_failed_ = false;
  play_stream_id_ = 0;
  // The session sends play when createStream is answered.
  const std::size_t before = replies_.size();
  return perform(session_.play(std::move(request))) && until([&] { return replies_.size() > before; });
}

bool RtmpTestClient::waitPlaying() {
  return until([this] { return play_stream_id_ != 0 || play_failed_; }) && !play_failed_;
}

bool RtmpTestClient::play(const std::string& name, double start_ms) {
  rtmp::PlayRequest request;
  request.stream = name;
  request.start_ms = start_ms;
  return requestPlay(std::move(request)) && waitPlaying();
}

bool RtmpTestClient::command(std::uint32_t stream_id, const std::string& name,
                             std::vector<AmfValue> arguments) {
  return send(rtmp::command(stream_id, name, 0, nullptr, std::move(arguments)));
}

bool RtmpTestClient::send(const rtmp::OutMessage& message) {
  if (!flush()) return false;
  connection_.compose(message, composed_);
  rtmp::Bytes bytes;
  for (const rtmp::BytesView slice : composed_.slices())
    bytes.insert(bytes.end(), slice.begin(), slice.end());
  return raw_.send(bytes);
}

bool RtmpTestClient::sendVideo(std::uint32_t timestamp, rtmp::Bytes body) {
  return send({rtmp::MessageType::video, 6, timestamp, session_.publishStreamId(),
               rtmp::makePayload(std::move(body))});
}

bool RtmpTestClient::sendAudio(std::uint32_t timestamp, rtmp::Bytes body) {
  return send({rtmp::MessageType::audio, 4, timestamp, session_.publishStreamId(),
               rtmp::makePayload(std::move(body))});
}

bool RtmpTestClient::sendData(std::uint32_t timestamp, std::vector<AmfValue> values) {
  const auto message =
      rtmp::encode({timestamp, session_.publishStreamId(), rtmp::Data{std::move(values), {}}});
  return message && send(*message);
}

std::optional<rtmp::Message> RtmpTestClient::media(milliseconds wait) {
  if (!until([this] { return !media_.empty(); }, wait)) return {};
  rtmp::Message next = std::move(media_.front());
  media_.pop_front();
  return next;
}

bool RtmpTestClient::waitStatus(std::string_view code, milliseconds wait) {
  const auto take = [&] {
    const auto found = std::find_if(statuses_.begin(), statuses_.end(),
                                    [&](const auto& status) { return status.code == code; });
    if (found == statuses_.end()) return false;
    statuses_.erase(found);
    return true;
  };
  return until(take, wait);
}

std::optional<rtmp::Command> RtmpTestClient::waitReply(double transaction) {
  std::optional<rtmp::Command> reply;
  until([&] {
    const auto found = std::find_if(replies_.begin(), replies_.end(),
                                    [&](const auto& command) { return command.transaction == transaction; });
    if (found != replies_.end()) reply = *found;
    return reply.has_value();
  });
  return reply;
}

std::optional<double> RtmpTestClient::startCall(const std::string& method, std::vector<AmfValue> arguments) {
  double transaction = 0;
  rtmp::ClientReaction reaction;
  if (session_.call(method, std::move(arguments), true, transaction, reaction) != rtmp::Error::none)
    return {};
  if (!perform(std::move(reaction))) return {};
  return transaction;
}

std::optional<rtmp::client_event::CallAnswered> RtmpTestClient::waitAnswer(double transaction) {
  std::optional<rtmp::client_event::CallAnswered> answer;
  until([&] {
    const auto found = std::find_if(answers_.begin(), answers_.end(),
                                    [&](const auto& entry) { return entry.transaction == transaction; });
    if (found == answers_.end()) return false;
    answer = std::move(*found);
    answers_.erase(found);
    return true;
  });
  return answer;
}

std::optional<rtmp::client_event::CallAnswered> RtmpTestClient::call(const std::string& method,
                                                                     std::vector<AmfValue> arguments) {
  const auto transaction = startCall(method, std::move(arguments));
  if (!transaction) return {};
  return waitAnswer(*transaction);
}

std::optional<rtmp::client_event::Called> RtmpTestClient::nextCall(milliseconds wait) {
  if (!until([this] { return !calls_.empty(); }, wait)) return {};
  auto next = std::move(calls_.front());
  calls_.pop_front();
  return next;
}

bool RtmpTestClient::answer(const rtmp::client_event::Called& call, AmfValue value) {
  return perform(session_.result(call.transaction, std::move(value)));
}

bool RtmpTestClient::fail(const rtmp::client_event::Called& call, const std::string& description) {
  return perform(session_.callFailed(call.transaction, description));
}

bool RtmpTestClient::sendObject(const std::string& name, std::vector<rtmp::SharedObjectEvent> events,
                                bool persistent) {
  rtmp::SharedObjectMessage message;
  message.name = name;
  message.persistent = persistent;
  message.events = std::move(events);
  rtmp::ClientReaction reaction;
  return session_.sendSharedObject(std::move(message), reaction) == rtmp::Error::none &&
         perform(std::move(reaction));
}

std::optional<rtmp::SharedObjectMessage> RtmpTestClient::nextObject(milliseconds wait) {
  if (!until([this] { return !objects_.empty(); }, wait)) return {};
  auto next = std::move(objects_.front());
  objects_.pop_front();
  return next;
}

std::optional<std::string> RtmpTestClient::waitReconnectRequest() {
  until([this] { return reconnect_request_.has_value(); });
  return std::exchange(reconnect_request_, std::nullopt);
}

bool RtmpTestClient::step(milliseconds wait) {
  const rtmp::Bytes bytes = raw_.receive(wait);
  if (bytes.empty()) return false;
  std::vector<rtmp::Message> messages;
  const rtmp::Error error = connection_.receive(bytes, Clock::now(), messages);
  for (rtmp::Message& message : messages) handle(message);
  if (!options_.answer_pings && session_.connected()) connection_.pendingOutput().clear();
  return error == rtmp::Error::none && flush();
}

bool RtmpTestClient::until(const std::function<bool()>& done, milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  while (!done()) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || !step(left)) return done();
  }
  return true;
}

bool RtmpTestClient::perform(rtmp::ClientReaction reaction) {
  for (const rtmp::OutMessage& message : reaction.send) {
    if (!send(message)) return false;
  }
  for (rtmp::ClientEvent& event : reaction.events) note(event);
  return true;
}

void RtmpTestClient::note(rtmp::ClientEvent& event) {
  using namespace rtmp::client_event;
  if (auto* media = std::get_if<MediaReceived>(&event)) {
    const auto* data = std::get_if<rtmp::Data>(&media->message.body);
    const bool access = data && !data->values.empty() && data->values[0] == AmfValue("|RtmpSampleAccess");
    if (!access) media_.push_back(std::move(media->message));
  } else if (auto* failed = std::get_if<ConnectFailed>(&event)) {
    connect_failed_ = true;
    redirect_ = failed->redirect;
    statuses_.push_back(failed->status);
  } else if (auto* refused = std::get_if<PublishFailed>(&event)) {
    publish_failed_ = true;
    statuses_.push_back(refused->status);
  } else if (auto* lost = std::get_if<PlayFailed>(&event)) {
    play_failed_ = true;
    statuses_.push_back(lost->status);
  } else if (auto* playing = std::get_if<PlayStarted>(&event)) {
    play_stream_id_ = playing->stream_id;
  } else if (auto* status = std::get_if<StatusReceived>(&event)) {
    statuses_.push_back(status->status);
  } else if (auto* answered = std::get_if<CallAnswered>(&event)) {
    answers_.push_back(std::move(*answered));
  } else if (auto* called = std::get_if<Called>(&event)) {
    calls_.push_back(std::move(*called));
  } else if (auto* object = std::get_if<SharedObjectReceived>(&event)) {
    objects_.push_back(std::move(object->message));
  } else if (auto* redirected = std::get_if<Redirected>(&event)) {
    redirect_ = redirected->redirect;
  } else if (auto* reconnect = std::get_if<ReconnectRequested>(&event)) {
    reconnect_request_ = reconnect->tc_url;
  }
}

void RtmpTestClient::handle(rtmp::Message& message) {
  if (const auto* control = std::get_if<rtmp::UserControl>(&message.body)) {
    pings_ += control->event == rtmp::UserControl::Event::ping_request;
  }
  if (const auto* command = std::get_if<rtmp::Command>(&message.body)) {
    if (command->name == "_result" || command->name == "_error") replies_.push_back(*command);
  }
  perform(session_.handle(message));
}

bool RtmpTestClient::flush() {
  rtmp::Bytes pending;
  pending.swap(connection_.pendingOutput());
  return raw_.send(pending);
}

bool eventually(const std::function<bool()>& condition, milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  while (!condition()) {
    if (Clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace multiconn::test
