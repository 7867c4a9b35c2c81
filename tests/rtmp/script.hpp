#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/messages.hpp"

namespace multiconn::rtmp::test {

/// What a session sent last, and every event so far.
template <typename Event>
struct Script {
  template <typename Reaction>
  void keep(Reaction& reaction) {
    sent = std::move(reaction.send);
    for (auto& event : reaction.events) events.push_back(std::move(event));
  }
  template <typename Kind>
  std::vector<Kind> saw() const {
    std::vector<Kind> found;
    for (const auto& event : events) {
      if (const auto* match = std::get_if<Kind>(&event)) found.push_back(*match);
    }
    return found;
  }
  std::string code(std::size_t index = 0) const {
    if (index >= sent.size()) return "nothing was sent";
    const Command command = commandIn(sent[index]);
    return command.arguments.empty() ? "no argument" : statusInfo(command.arguments[0]).code;
  }

  std::vector<OutMessage> sent;
  std::vector<Event> events;
};

}  // namespace multiconn::rtmp::test
