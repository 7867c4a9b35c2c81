// What becomes of a broadcast's times in its file.
#include "origin/recorder.hpp"

#include <future>

#include "net/scheduler.hpp"
#include "origin/flv_file.hpp"
#include "origin/origin_fixture.hpp"

namespace multiconn::origin {
namespace {

/// Runs nothing: how the recording ends is not looked at here.
class DeafScheduler final : public net::Scheduler {
 public:
  void post(std::function<void()>) override {}
  net::Timer after(net::Duration, std::function<void()>) override { return {}; }
  net::TimePoint now() const override { return {}; }
};

struct Input {
  std::uint32_t timestamp;
  bool frame;
};

std::vector<std::uint32_t> recorded(const std::vector<Input>& inputs) {
  const test::TemporaryFolder folder;
  DeafScheduler scheduler;
  DiskThread disk;
  {
    Recorder recorder(disk, scheduler, folder.path() / "a.flv", false, {});
    for (const Input& input : inputs) {
      recorder.write({rtmp::MessageType::video, 6, input.timestamp, 1, rtmp::makePayload({std::byte{1}})},
                     input.frame);
    }
  }
  disk.finish();
  std::vector<std::uint32_t> times;
  const auto file = FlvFile::open(folder.path() / "a.flv");
  if (!file) return times;
  for (auto tag = file->tag(file->firstTag()); tag; tag = file->tag(tag->next()))
    times.push_back(tag->timestamp);
  return times;
}

using Times = std::vector<std::uint32_t>;
constexpr bool frame = true, other = false;

TEST(DiskThread, LanesTakeTurnsAndKeepTheirOrder) {
  std::string order;
  {
    std::promise<void> all_posted;
    DiskThread disk;
    disk.post("gate", [gate = all_posted.get_future().share()] { return gate.wait(), true; });
    disk.post("long", [&order, left = 3]() mutable { return order += 'l', --left == 0; });
    disk.post("long", [&] { return order += 'L', true; });
    disk.post("other", [&] { return order += 'o', true; });
    disk.post("other", [&] { return order += 'O', true; });
    all_posted.set_value();
  }
  EXPECT_EQ(order, "lolOlL");
}

TEST(Recorder, BroadcastThatBeginsNearZeroKeepsItsTimes) {
  EXPECT_EQ(recorded({{0, other}, {23, frame}, {0, frame}, {63, frame}}), (Times{0, 23, 0, 63}));
}

TEST(Recorder, AnyOtherBeginsWithItsFirstFrame) {
  EXPECT_EQ(recorded({{0, other}, {5000, frame}, {4990, frame}, {5040, frame}, {5041, other}}),
            (Times{0, 0, 0, 40, 41}));
}

TEST(Recorder, TimesGoOnOverTheWrapOf32Bits) {
  EXPECT_EQ(recorded({{0xFFFFFFF0, frame}, {0x10, frame}, {0x20, frame}}), (Times{0, 32, 48}));
}

TEST(Recorder, ClockThatBeginsAnewDoesNotTurnTheFileBack) {
  EXPECT_EQ(recorded({{0, frame}, {50'000, frame}, {0, frame}, {40, frame}}),
            (Times{0, 50'000, 50'000, 50'040}));
}

TEST(Recorder, TimesOfDataAreNotBelievedWhenTheyCannotBe) {
  EXPECT_EQ(recorded({{20'000, frame}, {60'000, frame}, {0, other}, {60'040, frame}}),
            (Times{0, 40'000, 40'000, 40'040}));
}

}  // namespace
}  // namespace multiconn::origin
