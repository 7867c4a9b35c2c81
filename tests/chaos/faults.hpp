#pragma once

#include <string>
#include <vector>

#include "chaos/random.hpp"
#include "chaos/server.hpp"

namespace multiconn::chaos {

enum class FaultKind : std::uint8_t {
  unknown_name,
  refuses,
  drops,
  mute,
  web,
  mute_in_handshake,
  mute_at_connect,
  mute_at_create_stream,
  mute_at_publish,
  close_in_handshake,
  close_at_connect,
  close_at_create_stream,
  close_at_publish,
  close_after_start,
  reject_connect,
  refuse_login,
  redirect,
  reject_publish,
  bad_name,
  late,
  reset,
  finish,
  reset_at_message,
  stall,
  hole,
  lost_path,
  power_loss,
  throttle,
  garbage,
  lying_control,
  flood,
  reconnect_request,
  close_request,
  count_,
};
const char* name(FaultKind kind);

/// Something that goes wrong at one server for a while.
struct Fault {
  FaultKind kind{};
  net::Duration at{}, lasts{};
  /// What becomes of the connections that stand when it begins, so that it is met at all.
  enum class Kick : std::uint8_t { none, finish, reset } kick = Kick::none;
  std::uint64_t detail = 0;
};

/// One after the other, all over within `span`.
std::vector<Fault> randomFaults(Random& random, net::Duration span);
/// `lasting`: a client may take it for the server's last word.
bool lasting(FaultKind kind);
/// Whoever is connected when it begins feels it.
bool strikes(const Fault& fault);

void begin(const Fault& fault, Server& server, const std::string& other_url);
void heal(const Fault& fault, Server& server);

}  // namespace multiconn::chaos
