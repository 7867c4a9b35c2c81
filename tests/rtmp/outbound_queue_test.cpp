#include "rtmp/outbound_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace multiconn::rtmp {
namespace {

using namespace std::chrono_literals;
using Class = QueuedMessage::Class;

constexpr TimePoint start{};
constexpr std::size_t frame_size = 100;

// One letter per message: K key, p inter, d disposable, a audio, c configuration record, m metadata. The time
// stamp tells two of a kind apart.
QueuedMessage message(char letter, Duration at = {}, std::uint32_t timestamp = 0) {
  QueuedMessage queued;
  queued.message.payload = makePayload(Bytes(frame_size));
  queued.message.timestamp = timestamp;
  queued.queued_at = start + at;
  const bool video = letter == 'K' || letter == 'p' || letter == 'd';
  queued.kind = video           ? Class::video
                : letter == 'a' ? Class::audio
                : letter == 'c' ? Class::config
                                : Class::control;
  queued.frame = letter == 'K' ? FrameKind::key : letter == 'p' ? FrameKind::inter : FrameKind::disposable;
  return queued;
}

char letterOf(const QueuedMessage& queued) {
  switch (queued.kind) {
    case Class::control:
      return 'm';
    case Class::config:
      return 'c';
    case Class::audio:
      return 'a';
    case Class::video:
      return queued.frame == FrameKind::key ? 'K' : queued.frame == FrameKind::inter ? 'p' : 'd';
  }
  return '?';
}

OutboundQueue::Bounds messages(std::size_t count, std::chrono::milliseconds age = 1h) {
  return {count * frame_size, age, false};
}

void push(OutboundQueue& queue, std::string_view letters, Duration at = {}) {
  for (const char letter : letters) queue.push(message(letter, at));
}

std::string drain(OutboundQueue& queue) {
  std::string letters;
  while (!queue.empty()) {
    letters += letterOf(queue.front());
    queue.pop();
  }
  EXPECT_EQ(queue.bytes(), 0u);
  return letters;
}

TEST(OutboundQueue, KeepsEverythingWithinItsBounds) {
  OutboundQueue queue(messages(8));
  push(queue, "mcKadpaK");
  EXPECT_EQ(queue.size(), 8u);
  EXPECT_EQ(queue.bytes(), 800u);
  EXPECT_EQ(queue.takeDropped().total(), 0u);
  EXPECT_EQ(drain(queue), "mcKadpaK");
}

TEST(OutboundQueue, DisposableFramesGoFirst) {
  OutboundQueue queue(messages(6));
  push(queue, "KdpdapK");
  EXPECT_EQ(queue.takeDropped().disposable, 1u);
  EXPECT_EQ(drain(queue), "KpdapK");
}

TEST(OutboundQueue, ThenTheOldestGroupUpToAQueuedKey) {
  OutboundQueue queue(messages(7));
  push(queue, "cKapmaKp");
  const DropCounts dropped = queue.takeDropped();
  EXPECT_EQ(dropped.key, 1u);
  EXPECT_EQ(dropped.inter, 1u);
  EXPECT_EQ(dropped.total(), 2u);
  EXPECT_EQ(drain(queue), "camaKp");
}

TEST(OutboundQueue, ConfigurationBetweenGroupsStays) {
  OutboundQueue queue(messages(5));
  push(queue, "KppcKp");
  EXPECT_EQ(drain(queue), "cKp");
}

TEST(OutboundQueue, SeveralGroupsIfOneIsNotEnough) {
  OutboundQueue queue(messages(4));
  push(queue, "KpK");
  QueuedMessage large = message('K');
  large.message.payload = makePayload(Bytes(4 * frame_size));
  queue.push(large);
  EXPECT_EQ(queue.takeDropped().key, 2u);
  EXPECT_EQ(drain(queue), "K");
}

TEST(OutboundQueue, WithoutAQueuedKeyWaitsForTheNext) {
  OutboundQueue queue(messages(4));
  push(queue, "Kapaa");
  EXPECT_EQ(queue.takeDropped().total(), 2u);
  push(queue, "pd");
  const DropCounts dropped = queue.takeDropped();
  EXPECT_EQ(dropped.inter, 1u);
  EXPECT_EQ(dropped.disposable, 1u);
  EXPECT_EQ(drain(queue), "aaa");
  push(queue, "pacpKp");
  EXPECT_EQ(drain(queue), "acKp");
}

TEST(OutboundQueue, AnyKeyEndsTheWaitForOne) {
  OutboundQueue queue(messages(8));
  queue.waitForKey();
  queue.bounds({.lossless = true});
  push(queue, "p");
  EXPECT_TRUE(queue.waitsForKey());
  push(queue, "K");
  EXPECT_FALSE(queue.waitsForKey());
  queue.bounds(messages(8));
  push(queue, "p");
  EXPECT_EQ(drain(queue), "pKp");
}

TEST(OutboundQueue, AudioLast) {
  OutboundQueue queue(messages(3));
  push(queue, "Kaaaaa");
  const DropCounts dropped = queue.takeDropped();
  EXPECT_EQ(dropped.key, 1u);
  EXPECT_EQ(dropped.audio, 2u);
  EXPECT_EQ(drain(queue), "aaa");
}

TEST(OutboundQueue, ControlAndConfigurationNever) {
  OutboundQueue queue(messages(2));
  push(queue, "mcmcKam");
  EXPECT_EQ(drain(queue), "mcmcm");
}

TEST(OutboundQueue, DropsTheOldestAudioAlone) {
  OutboundQueue queue(messages(2));
  for (std::uint32_t i = 1; i <= 4; ++i) queue.push(message('a', {}, i));
  EXPECT_EQ(queue.front().message.timestamp, 3u);
}

TEST(OutboundQueue, RelieveDropsWhatHasBecomeTooOldSinceThePush) {
  OutboundQueue queue(messages(100, 2s));
  push(queue, "mcKap");
  queue.relieve(start + 2s);
  EXPECT_EQ(queue.size(), 5u);
  queue.relieve(start + 2001ms);
  EXPECT_EQ(queue.takeDropped().total(), 3u);
  EXPECT_EQ(drain(queue), "mc");
  OutboundQueue lossless({100, 1ms, true});
  push(lossless, "Kap");
  lossless.relieve(start + 1h);
  EXPECT_EQ(drain(lossless), "Kap");
}

TEST(OutboundQueue, AgeDropsWhatIsTooOld) {
  OutboundQueue queue(messages(100, 2s));
  push(queue, "Kap", 0s);
  push(queue, "pa", 2s);
  EXPECT_EQ(queue.takeDropped().total(), 0u);
  push(queue, "K", 2001ms);
  const DropCounts dropped = queue.takeDropped();
  EXPECT_EQ(dropped.key, 1u);
  EXPECT_EQ(dropped.inter, 2u);
  EXPECT_EQ(dropped.audio, 1u);
  EXPECT_EQ(drain(queue), "aK");
}

TEST(OutboundQueue, AgeOfAControlMessageDropsNothing) {
  OutboundQueue queue(messages(100, 2s));
  push(queue, "mc", 0s);
  push(queue, "Kp", 10s);
  EXPECT_EQ(queue.age(start + 10s), Duration(10s));
  EXPECT_EQ(queue.takeDropped().total(), 0u);
  EXPECT_EQ(drain(queue), "mcKp");
}

// One broadcast minute towards a peer that reads nothing: at most two seconds are held, and a keyframe that
// came late is not given up for old audio.
TEST(OutboundQueue, StalledPeer) {
  OutboundQueue queue(messages(100000, 2s));
  push(queue, "mc");
  std::uint64_t pushed = 0;
  for (int frame = 0; frame < 60 * 25; ++frame) {
    const Duration at = frame * 40ms;
    queue.push(message(frame % 50 == 0 ? 'K' : "pd"[frame % 2], at));
    queue.push(message('a', at));
    pushed += 2;
    ASSERT_LE(queue.size(), 2u + 2 * 51);
  }
  const std::uint64_t left = queue.size() - 2;
  EXPECT_EQ(queue.takeDropped().total(), pushed - left);
  const std::string letters = drain(queue);
  EXPECT_EQ(letters.substr(0, 2), "mc");
  const std::size_t first_video = letters.find_first_of("Kpd");
  EXPECT_TRUE(first_video == std::string::npos || letters[first_video] == 'K') << letters;
}

TEST(OutboundQueue, LosslessDropsNothing) {
  OutboundQueue queue({frame_size, 1ms, true});
  push(queue, "Kpdpaapd", 0s);
  push(queue, "pppaKd", 1h);
  EXPECT_EQ(queue.takeDropped().total(), 0u);
  EXPECT_EQ(queue.size(), 14u);
}

TEST(OutboundQueue, AgeIsThatOfTheOldest) {
  OutboundQueue queue(messages(10));
  EXPECT_EQ(queue.age(start + 5s), Duration::zero());
  push(queue, "a", 1s);
  push(queue, "a", 2s);
  EXPECT_EQ(queue.age(start + 5s), Duration(4s));
  queue.pop();
  EXPECT_EQ(queue.age(start + 5s), Duration(3s));
}

TEST(OutboundQueue, ClearForgetsThatItWaited) {
  OutboundQueue queue(messages(1));
  push(queue, "Kpp");
  queue.clear();
  EXPECT_EQ(queue.bytes(), 0u);
  queue.takeDropped();
  push(queue, "p");
  EXPECT_EQ(drain(queue), "p");
}

// Whatever is pushed and popped: within bounds as far as it may be, and never an undecodable picture after a
// drop.
TEST(OutboundQueue, RandomTraffic) {
  std::uint32_t random = 1;
  const auto next = [&] { return random = random * 1664525 + 1013904223, random >> 16; };
  OutboundQueue queue(messages(12, 500ms));
  std::uint64_t pushed = 0, popped = 0, undroppable = 0;
  for (int step = 0; step < 20000; ++step) {
    const char letter = "KpppddddaaaaaccmKppd"[next() % 20];
    queue.push(message(letter, step * 10ms));
    ++pushed;
    if (letter == 'c' || letter == 'm') ++undroppable;
    for (std::uint32_t pops = next() % 3; pops > 0 && !queue.empty(); --pops) {
      if (letterOf(queue.front()) == 'c' || letterOf(queue.front()) == 'm') --undroppable;
      queue.pop();
      ++popped;
    }
    ASSERT_LE(queue.bytes(), (12 + undroppable) * frame_size);
    ASSERT_EQ(queue.bytes(), queue.size() * frame_size);
  }
  EXPECT_EQ(queue.takeDropped().total() + popped + queue.size(), pushed);
}

}  // namespace
}  // namespace multiconn::rtmp
