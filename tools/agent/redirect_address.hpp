#pragma once

#include <string>
#include <string_view>

#include <multiconn/agent.hpp>

namespace multiconn::agent {

/// [SCHEME://]HOST[:PORT][@NETWORK]: "edge1.example.com", "rtmps://edge1.example.com:443",
/// "10.0.0.5@10.0.0.0/8", "[2001:db8::5]:1935". Throws std::invalid_argument with one sentence.
AgentAddress parseRedirectAddress(std::string_view text);

/// Throws std::invalid_argument when no client on another machine could get there: localhost and its other
/// names, 127.0.0.0/8, ::1 and the addresses that stand for every one.
void refuseLoopback(const AgentAddress& address);

}  // namespace multiconn::agent
