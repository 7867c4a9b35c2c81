#include "fuzz/fuzz_input.hpp"
#include "rtmp/remote_shared_object.hpp"

namespace {

using namespace multiconn::rtmp;

constexpr SharedObjectBounds bounds{.slots = 8, .bytes = 4096, .waiting_sends = 4};

/// One byte of length, then so many bytes of a message's body.
ReplicaReaction hear(RemoteSharedObject& object, BytesView& input, TimePoint now) {
  const std::size_t wanted = fuzz::choice(input);
  const std::size_t length = std::min(wanted, input.size());
  const auto message = decodeSharedObject(input.first(length), false, Limits{});
  input = input.subspan(length);
  return message ? object.handle(*message, now) : ReplicaReaction();
}

ReplicaReaction act(RemoteSharedObject& object, BytesView& input, TimePoint now) {
  const std::uint8_t what = fuzz::choice(input);
  const std::string slot(1, static_cast<char>('w' + what / 8 % 4));
  switch (what % 8) {
    case 0:
      return object.use(false, now);
    case 1:
      object.set(slot, SlotValue(static_cast<int>(fuzz::choice(input))), what, now);
      break;
    case 2:
      object.set(slot, {}, what, now);
      break;
    case 3:
      object.send(slot, {static_cast<int>(what)}, now);
      break;
    case 4:
      object.hold(what / 8 % 2 == 1, now);
      break;
    case 5:
      return object.tick(now);
    default:
      return hear(object, input, now);
  }
  return object.tick(now);
}

std::size_t openWrites(const ReplicaReaction& reaction) {
  std::size_t count = 0;
  for (const SharedObjectMessage& message : reaction.send)
    for (const SharedObjectEvent& event : message.events)
      count += event.kind == SharedObjectEvent::Kind::request_change ||
                       event.kind == SharedObjectEvent::Kind::request_remove
                   ? 1
                   : 0;
  return count;
}

}  // namespace

// Input: actions of a client and messages of its server, each with a byte of time in front (4 ms each). What
// is held stays within the bounds, every slot has one write on its way at most, and in the end there is
// nothing left to wait for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesView input = fuzz::inputOf(data, size);
  RemoteSharedObject object("chat", false, bounds);
  TimePoint now{std::chrono::hours(1)};
  while (!input.empty()) {
    now += std::chrono::milliseconds(4) * fuzz::choice(input);
    const ReplicaReaction reaction = act(object, input, now);
    fuzz::require(object.confirmed().size() <= bounds.slots);
    fuzz::require(openWrites(reaction) <= bounds.slots);
  }
  object.hold(false, now);
  for (int steps = 0; object.wakeAt(); ++steps) {
    fuzz::require(steps < 100);
    now = std::max(now, *object.wakeAt());
    object.tick(now);
  }
  return 0;
}
