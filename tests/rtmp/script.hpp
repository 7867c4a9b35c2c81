#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/messages.hpp"

namespace multiconn::rtmp::test {

/// What AMF0 cannot hold.
inline const AmfValue bytes_value = AmfValue::ByteArray{Bytes(3)};

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

/// call("doIt") of either side's session, and what it gave.
struct Made {
  Error error = Error::none;
  double transaction = -1;
};
template <typename Script>
Made call(Script& script, std::vector<AmfValue> arguments, bool wants_reply = true) {
  Made made;
  typename Script::Reaction reaction;
  made.error = script.session.call("doIt", std::move(arguments), wants_reply, made.transaction, reaction);
  script.add(std::move(reaction));
  return made;
}

}  // namespace multiconn::rtmp::test

/// What every test of a session says.
namespace multiconn::rtmp::session_words {
using test::bytes_value;
using test::call;
using test::commandIn;
using test::described;
using test::incoming;
using test::Made;
using test::onStatus;
using testing::ElementsAre;
using testing::IsEmpty;
}  // namespace multiconn::rtmp::session_words
