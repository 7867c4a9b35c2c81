#include "origin/origin_fixture.hpp"

#include <boost/json.hpp>

namespace multiconn::test {
namespace {

rtmp::Bytes bytes(std::initializer_list<unsigned> head, unsigned char mark, std::size_t size) {
  rtmp::Bytes body;
  for (const unsigned byte : head) body.push_back(static_cast<std::byte>(byte));
  body.resize(head.size() + size, static_cast<std::byte>(mark));
  return body;
}

std::int64_t ofOnlyStream(const OriginServer& server, const char* key) {
  const auto status = statusOf(server);
  const auto& streams = status.at("streams").as_array();
  return streams.size() == 1 ? streams[0].at(key).to_number<std::int64_t>() : 0;
}

}  // namespace

OriginOptions testOptions() {
  OriginOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.http_port = 0;
  return options;
}

rtmp::Bytes videoConfig(unsigned char mark) {
  return bytes({0x17, 0, 0, 0, 0}, mark, 16);
}
rtmp::Bytes videoFrame(bool key, unsigned char mark, std::size_t size) {
  return bytes({key ? 0x17U : 0x27U, 1, 0, 0, 0}, mark, size);
}
rtmp::Bytes audioRecord() {
  return bytes({0xAF, 0, 0x12, 0x10}, 0, 0);
}
rtmp::Bytes audioFrame(unsigned char mark) {
  return bytes({0xAF, 1}, mark, 8);
}

rtmp::Bytes bodyOf(const rtmp::Message& message) {
  if (const auto* audio = std::get_if<rtmp::Audio>(&message.body)) return *audio->body;
  if (const auto* video = std::get_if<rtmp::Video>(&message.body)) return *video->body;
  if (const auto* data = std::get_if<rtmp::Data>(&message.body)) return *data->body;
  return {};
}

bool isVideo(const rtmp::Message& message) {
  return std::holds_alternative<rtmp::Video>(message.body);
}

std::string handlerOf(const rtmp::Message& message) {
  const auto* data = std::get_if<rtmp::Data>(&message.body);
  const std::string* name = data && !data->values.empty() ? data->values[0].string() : nullptr;
  return name ? *name : std::string();
}

std::optional<rtmp::Message> nextFrame(RtmpTestClient& player, std::chrono::milliseconds wait) {
  while (auto message = player.media(wait)) {
    if (!std::holds_alternative<rtmp::Data>(message->body)) return message;
  }
  return {};
}

boost::json::value statusOf(const OriginServer& server) {
  return boost::json::parse(server.statusJson());
}

std::int64_t players(const OriginServer& server) {
  return ofOnlyStream(server, "players");
}
std::int64_t waitingPlayers(const OriginServer& server) {
  return ofOnlyStream(server, "waiting_players");
}
std::int64_t connections(const OriginServer& server) {
  return statusOf(server).at("connections").to_number<std::int64_t>();
}

std::string get(std::uint16_t port, const std::string& path) {
  RawClient client(port);
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return client.receiveAll();
}

}  // namespace multiconn::test
