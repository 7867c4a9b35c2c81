#include "chaos/faults.hpp"

#include <array>

#include "rtmp/handshake.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::chaos {

namespace {

constexpr std::array names{"unknown_name",
                           "refuses",
                           "drops",
                           "mute",
                           "web",
                           "mute_in_handshake",
                           "mute_at_connect",
                           "mute_at_create_stream",
                           "mute_at_publish",
                           "close_in_handshake",
                           "close_at_connect",
                           "close_at_create_stream",
                           "close_at_publish",
                           "close_after_start",
                           "reject_connect",
                           "refuse_login",
                           "redirect",
                           "reject_publish",
                           "bad_name",
                           "late",
                           "reset",
                           "finish",
                           "reset_at_message",
                           "stall",
                           "hole",
                           "lost_path",
                           "power_loss",
                           "throttle",
                           "garbage",
                           "lying_control",
                           "flood",
                           "reconnect_request",
                           "close_request"};
static_assert(names.size() == static_cast<std::size_t>(FaultKind::count_));

bool happensOnce(FaultKind kind) {
  return kind == FaultKind::reset || kind == FaultKind::finish || kind == FaultKind::garbage ||
         kind == FaultKind::lying_control || kind == FaultKind::flood ||
         kind == FaultKind::reconnect_request || kind == FaultKind::close_request ||
         kind == FaultKind::lost_path;
}

/// Met by whoever has a connection already.
bool meetsConnections(FaultKind kind) {
  return kind == FaultKind::stall || kind == FaultKind::hole || kind == FaultKind::power_loss ||
         kind == FaultKind::throttle || kind == FaultKind::reset_at_message;
}

template <typename Body>
rtmp::Message messageOf(Body body, std::uint32_t stream = 0) {
  rtmp::Message message;
  message.stream_id = stream;
  message.body = std::move(body);
  return message;
}

rtmp::Message statusMessage(const Server& server, const char* code, std::uint32_t stream) {
  return messageOf(
      rtmp::Command{
          "onStatus", 0, nullptr, {rtmp::makeInfo("error", code, server.echo, {{"why", server.echo}})}},
      stream);
}

void lie(Server& server, std::uint64_t detail) {
  constexpr std::array<std::uint32_t, 6> sizes{0, 1, 127, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
  const std::uint32_t size = sizes[detail / 8 % sizes.size()];
  switch (detail % 8) {
    case 0:
      return server.say(messageOf(rtmp::WindowAckSize{size}));
    case 1:
      return server.say(messageOf(rtmp::SetPeerBandwidth{size, rtmp::SetPeerBandwidth::LimitType::hard}));
    case 2:
      return server.say(messageOf(rtmp::SetChunkSize{size}));
    case 3:
      return server.say(messageOf(rtmp::Acknowledgement{size}));
    case 4:
      return server.say(messageOf(rtmp::Abort{size}));
    case 5:
      return server.say(statusMessage(server, "NetStream.Publish.Start", size));
    case 6:
      return server.say(messageOf(rtmp::Command{"_result", 1, nullptr, {1.0}}));
    default:
      return server.say(statusMessage(server, "NetStream.Failed", size % 3));
  }
}

void flood(Server& server, std::uint64_t detail) {
  for (int i = 0; i < 300; ++i) {
    switch (detail % 4) {
      case 0:
        server.say(messageOf(rtmp::UserControl{rtmp::UserControl::Event::ping_request, 4711, 0}));
        break;
      case 1:
        server.say(statusMessage(server, "NetConnection.Noise", 0));
        break;
      case 2:
        server.say(messageOf(rtmp::Command{"question", 7, nullptr, {server.echo}}));
        break;
      default:
        server.say(messageOf(rtmp::Command{"_error", 4000.0 + i, nullptr, {server.echo}}));
    }
  }
}

void sayGarbage(Server& server, std::uint64_t detail) {
  Random random(detail);
  rtmp::Bytes bytes(random.number(1, 400));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.bits() & 0xFFU);
  server.sayRaw(bytes);
}

void kick(Server& server, Fault::Kick kick) {
  if (kick == Fault::Kick::finish) server.endAll(Server::Ending::finish);
  if (kick == Fault::Kick::reset) server.endAll(Server::Ending::reset);
}

}  // namespace

const char* name(FaultKind kind) {
  return names.at(static_cast<std::size_t>(kind));
}

std::vector<Fault> randomFaults(Random& random, net::Duration span) {
  std::vector<Fault> faults;
  net::Duration at{};
  const std::size_t wanted = random.number(1, 5);
  while (faults.size() < wanted) {
    Fault fault;
    fault.kind = static_cast<FaultKind>(random.number(0, static_cast<std::size_t>(FaultKind::count_) - 1));
    at += random.chance(30) ? random.milliseconds(0, 60) : random.spread(100, 4000);
    fault.at = at;
    fault.lasts = random.spread(20, 6000);
    fault.detail = random.bits();
    if (!happensOnce(fault.kind) && (!meetsConnections(fault.kind) || random.chance(15)) && random.chance(85))
      fault.kick = random.chance(50) ? Fault::Kick::reset : Fault::Kick::finish;
    at += fault.lasts;
    if (at > span) break;
    faults.push_back(fault);
  }
  return faults;
}

bool lasting(FaultKind kind) {
  return kind == FaultKind::web || kind == FaultKind::reject_connect || kind == FaultKind::refuse_login ||
         kind == FaultKind::reject_publish || kind == FaultKind::redirect ||
         // Said by a server that has never had our stream, it means somebody else's.
         kind == FaultKind::bad_name;
}

bool strikes(const Fault& fault) {
  return happensOnce(fault.kind) || meetsConnections(fault.kind) || fault.kick != Fault::Kick::none;
}

void begin(const Fault& fault, Server& server, const std::string& other_url) {
  constexpr std::array connect_codes{"NetConnection.Connect.Rejected", "NetConnection.Connect.InvalidApp",
                                     "NetConnection.Connect.AppShutdown", "NetConnection.Connect.Failed"};
  constexpr std::array publish_codes{"NetStream.Publish.Denied", "NetStream.Publish.Rejected",
                                     "NetStream.Failed", "NetConnection.Connect.Rejected"};
  Manners& manners = server.manners;
  Weather& weather = *server.weather;
  if (happensOnce(fault.kind) && server.open() > 0) server.meet();
  switch (fault.kind) {
    case FaultKind::unknown_name:
      server.door = Door::unknown_name;
      break;
    case FaultKind::refuses:
      server.door = Door::refuses;
      break;
    case FaultKind::drops:
      server.door = Door::drops;
      break;
    case FaultKind::mute:
      server.door = Door::mute;
      break;
    case FaultKind::web:
      server.door = Door::web;
      break;
    case FaultKind::mute_in_handshake:
    case FaultKind::close_in_handshake:
      manners.handshake_bytes = 1 + fault.detail % (2 * rtmp::handshake_packet_size);
      manners.close_in_handshake = fault.kind == FaultKind::close_in_handshake;
      break;
    case FaultKind::mute_at_connect:
      manners.mute_at = Manners::At::connect;
      break;
    case FaultKind::mute_at_create_stream:
      manners.mute_at = Manners::At::create_stream;
      break;
    case FaultKind::mute_at_publish:
      manners.mute_at = Manners::At::publish;
      break;
    case FaultKind::close_at_connect:
      manners.close_at = Manners::At::connect;
      break;
    case FaultKind::close_at_create_stream:
      manners.close_at = Manners::At::create_stream;
      break;
    case FaultKind::close_at_publish:
      manners.close_at = Manners::At::publish;
      break;
    case FaultKind::close_after_start:
      manners.close_after_start = true;
      break;
    case FaultKind::reject_connect:
      manners.reject_connect = connect_codes[fault.detail % connect_codes.size()];
      manners.connect_says = server.echo;
      break;
    case FaultKind::refuse_login:
      manners.reject_connect = "NetConnection.Connect.Rejected";
      manners.connect_says =
          fault.detail % 2 == 0
              ? std::string("[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ")
              : "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=" + server.echo;
      break;
    case FaultKind::redirect:
      manners.reject_connect = "NetConnection.Connect.Rejected";
      manners.connect_says = server.echo;
      manners.redirect = AmfObject{{"code", 302}, {"redirect", other_url + "/" + server.echo}};
      break;
    case FaultKind::reject_publish:
      manners.reject_publish = publish_codes[fault.detail % publish_codes.size()];
      break;
    case FaultKind::bad_name:
      manners.reject_publish = "NetStream.Publish.BadName";
      break;
    case FaultKind::late:
      manners.delay = std::chrono::milliseconds(fault.detail % 4000);
      break;
    case FaultKind::reset:
      return server.endAll(Server::Ending::reset);
    case FaultKind::finish:
      return server.endAll(Server::Ending::finish);
    case FaultKind::reset_at_message:
      manners.reset_after = 1 + static_cast<int>(fault.detail % 40);
      break;
    case FaultKind::stall:
      weather.stalled = true;
      server.slow(true);
      break;
    case FaultKind::hole:
    case FaultKind::power_loss:
      weather.hole = true;
      server.slow(false);
      break;
    case FaultKind::lost_path:
      server.slow(false);
      server.cutAll();
      return server.fast();
    case FaultKind::throttle:
      weather.bytes_per_second = 1 + fault.detail % 20'000;
      server.slow(true);
      break;
    case FaultKind::garbage:
      return sayGarbage(server, fault.detail);
    case FaultKind::lying_control:
      return lie(server, fault.detail);
    case FaultKind::flood:
      return flood(server, fault.detail);
    case FaultKind::reconnect_request:
      return server.requestReconnect(fault.detail % 2 == 0 ? std::optional(other_url) : std::nullopt);
    case FaultKind::close_request:
      return server.say(messageOf(rtmp::Command{"close", 0, nullptr, {}}));
    case FaultKind::count_:
      return;
  }
  server.weatherChanged();
  kick(server, fault.kick);
}

void heal(const Fault& fault, Server& server) {
  if (happensOnce(fault.kind)) return;
  server.door = Door::open;
  server.manners = {};
  server.weather->stalled = server.weather->hole = false;
  server.weather->bytes_per_second = 0;
  // What stood through it knows nothing of the connections any more.
  if (fault.kind == FaultKind::power_loss) server.endAll(Server::Ending::reset);
  server.weatherChanged();
  server.fast();
}

}  // namespace multiconn::chaos
