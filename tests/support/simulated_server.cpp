#include "support/simulated_server.hpp"

#include "support/simulated_link.hpp"

namespace multiconn::test {

namespace {

rtmp::Message decoded(const rtmp::OutMessage& message) {
  const rtmp::RawMessage raw{static_cast<std::uint8_t>(message.type), message.timestamp, message.stream_id,
                             message.payload};
  return *rtmp::decode(raw, rtmp::Limits());
}

bool isMedia(const rtmp::Message& message) {
  return std::holds_alternative<rtmp::Audio>(message.body) ||
         std::holds_alternative<rtmp::Video>(message.body) ||
         std::holds_alternative<rtmp::Data>(message.body);
}

}  // namespace

SimulatedServer::SimulatedServer(SimulatedLoop& loop, Script behaviour)
    : script(std::move(behaviour)), loop_(loop) {}

void SimulatedServer::resumeReading() {
  reading_ = true;
  while (reading_ && !unread_.empty()) {
    const rtmp::OutMessage message = std::move(unread_.front());
    unread_.pop_front();
    if (link_) link_->acknowledged(message.payload->size());
    process(message);
  }
}

void SimulatedServer::reset() {
  if (link_)
    link_->end({std::make_error_code(std::errc::connection_reset), "connection reset by the server", false});
}

void SimulatedServer::close() {
  if (link_) link_->end({{}, "the server closed the connection", false});
}

void SimulatedServer::sendStatus(bool of_stream, std::string_view level, std::string_view code,
                                 std::string_view description) {
  if (session_) react(session_->status(of_stream ? publish_stream_ : 0, level, code, description));
}

void SimulatedServer::send(const rtmp::Message& message) {
  if (link_) link_->deliver(message);
}

void SimulatedServer::attach(SimulatedLink& link) {
  link_ = &link;
  ++connections;
  ++generation_;
  session_.emplace(rtmp::Limits());
  unread_.clear();
  used_up_ids_ = 0;
  client_closed = false;
}

void SimulatedServer::detach(SimulatedLink& link) {
  if (link_ != &link) return;
  link_ = nullptr;
  session_.reset();
  client_closed = true;
}

void SimulatedServer::arrived(rtmp::OutMessage message) {
  if (!reading_) return unread_.push_back(std::move(message));
  if (link_) link_->acknowledged(message.payload->size());
  process(message);
}

void SimulatedServer::process(const rtmp::OutMessage& out) {
  if (!session_) return;
  const rtmp::Message message = decoded(out);
  if (const auto* command = std::get_if<rtmp::Command>(&message.body)) {
    commands.push_back(command->name);
    if (script.reject_pipelined && command->name == "createStream" && !session_->connected()) return close();
    if (command->name == "createStream") useUpStreamIds();
  }
  if (isMedia(message) && message.stream_id == publish_stream_ && publish_stream_ != 0) {
    media.push_back(message);
    arrivals.push_back(loop_.now());
  }
  react(session_->handle(message));
}

void SimulatedServer::useUpStreamIds() {
  rtmp::Message message;
  message.body = rtmp::Command{"createStream", 0, nullptr, {}};
  for (; used_up_ids_ + 1 < script.first_stream_id; ++used_up_ids_) session_->handle(message);
}

void SimulatedServer::react(rtmp::ServerReaction reaction) {
  for (const rtmp::OutMessage& message : reaction.send)
    if (link_) link_->deliver(decoded(message));
  for (rtmp::ServerEvent& event : reaction.events) {
    if (const auto* connect = std::get_if<rtmp::server_event::ConnectRequested>(&event)) {
      connect_object = connect->object;
      loop_.later(script.connect_delay, [this, generation = generation_] {
        if (generation == generation_) answerConnect();
      });
    } else if (const auto* publish = std::get_if<rtmp::server_event::PublishRequested>(&event)) {
      answerPublish(*publish);
    } else if (std::holds_alternative<rtmp::server_event::StreamClosed>(event)) {
      unpublished = true;
      publish_stream_ = 0;
    } else if (const auto* call = std::get_if<rtmp::server_event::Called>(&event)) {
      if (session_) react(session_->callFailed(call->transaction, "no such method"));
    }
  }
}

void SimulatedServer::answerConnect() {
  if (!session_) return;
  if (!script.reject_connect.empty()) {
    react(session_->rejectConnect(script.reject_connect, script.description, script.reject_ex));
    return close();
  }
  react(session_->acceptConnect());
}

void SimulatedServer::answerPublish(const rtmp::server_event::PublishRequested& request) {
  published.push_back(request.name + (request.query.empty() ? "" : "?" + request.query) + " " + request.mode);
  stream_ids.push_back(request.stream_id);
  if (script.never_answers_publish) return;
  if (script.close_on_publish) return close();
  if (!script.reject_publish.empty())
    return react(session_->rejectPublish(request.stream_id, script.reject_publish, script.description));
  publish_stream_ = request.stream_id;
  publish_started = loop_.now();
  unpublished = false;
  media.clear();
  arrivals.clear();
  react(session_->acceptPublish(request.stream_id));
  if (script.close_after_start) close();
}

}  // namespace multiconn::test
