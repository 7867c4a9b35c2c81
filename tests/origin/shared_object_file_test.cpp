#include "origin/shared_object_file.hpp"

#include <gmock/gmock.h>

#include <set>

#include "origin/shared_object_saver.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::test {
namespace {

using namespace origin;
using namespace std::chrono_literals;
using testing::ElementsAre;

void fill(SharedObjectData& data) {
  data.version = 7;
  data.slots["text"] = {"hello", 0};
  data.slots["list"] = {AmfArray{1, AmfObject{{"a", nullptr}}}, 0};
  data.slots["bytes"] = {AmfValue::ByteArray{{std::byte{1}}}, 0};
  data.slots["nothing"] = {AmfValue::Unsupported{}, 0};
}

TEST(SharedObjectFile, GivesBackWhatWasWritten) {
  SharedObjectData data;
  fill(data);
  const auto content = decodeFile(encodeFile("room/chat", data));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->name, "room/chat");
  EXPECT_EQ(content->version, 7U);
  EXPECT_EQ(content->slots.size(), data.slots.size());
  for (const auto& [name, slot] : data.slots) {
    ASSERT_TRUE(content->slots.find(name)) << name;
    EXPECT_EQ(*content->slots.find(name), slot.value) << name;
  }
}

TEST(SharedObjectFile, OfAnyOtherContentIsRefused) {
  SharedObjectData data;
  fill(data);
  const rtmp::Bytes whole = encodeFile("o", data);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decodeFile(rtmp::BytesView(whole).first(size))) << size;
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    rtmp::Bytes flipped = whole;
    flipped[i] ^= std::byte{0x10};
    EXPECT_FALSE(decodeFile(flipped)) << i;
  }
  rtmp::Bytes longer = whole;
  longer.push_back({});
  EXPECT_FALSE(decodeFile(longer));
}

TEST(SharedObjectFile, NamesAreSafeAndDistinct) {
  std::set<std::string> names;
  const std::vector<std::string> all{"a",
                                     "A",
                                     ".",
                                     "..",
                                     "../a",
                                     "a/b",
                                     "a%2Fb",
                                     "a\\b",
                                     "a.flv",
                                     ".shared",
                                     "%",
                                     "%-",
                                     std::string(1024, 'x'),
                                     std::string(1023, 'x') + "y",
                                     "\xC3\xA4",
                                     std::string("a\0b", 3)};
  for (const std::string& name : all) {
    const std::string file = objectFileName(name);
    EXPECT_LE(file.size(), 240U);
    EXPECT_TRUE(names.insert(file).second) << name;
    EXPECT_EQ(file.find('/'), std::string::npos);
    EXPECT_NE(file.front(), '.');
  }
  EXPECT_EQ(objectFolder("/data", "live"), "/data/live/.shared");
  EXPECT_EQ(objectFolder("/data", "live/../x"), "/data/live/%2E%2E/x/.shared");
  EXPECT_EQ(objectFolder("/data", "live/show.flv"), "/data/live/show%2Eflv/.shared");
}

class Saver : public testing::Test, SharedObjectSaver::Target {
 protected:
  void save(SharedObjectSaver::Saved saved) override {
    events.push_back("save");
    if (!saved) events.back() = "last save";
    pending = std::move(saved);
  }
  void saveEnded(const std::string& error, bool turned) override {
    events.push_back((turned ? "turned " : "ended ") + error);
  }
  void saveDone() override { events.push_back("done"); }
  void end(const std::string& error = {}) { std::exchange(pending, nullptr)(error); }
  std::vector<std::string> seen() { return std::exchange(events, {}); }

  SimulatedLoop loop;
  SimulatedScheduler scheduler{loop};
  std::shared_ptr<SharedObjectSaver> saver =
      std::make_shared<SharedObjectSaver>(scheduler, 100ms, static_cast<SharedObjectSaver::Target&>(*this));
  std::vector<std::string> events;
  SharedObjectSaver::Saved pending;
};

TEST_F(Saver, WritesOnceForManyChanges) {
  saver->touch();
  saver->touch();
  loop.runFor(99ms);
  EXPECT_TRUE(seen().empty());
  EXPECT_FALSE(saver->clean());
  loop.runFor(1ms);
  EXPECT_THAT(seen(), ElementsAre("save"));
  end();
  EXPECT_THAT(seen(), ElementsAre("ended ", "done"));
  EXPECT_TRUE(saver->clean());
}

TEST_F(Saver, WritesAgainWhatChangedMeanwhile) {
  saver->touch();
  loop.runFor(100ms);
  saver->touch();
  loop.runFor(1s);
  EXPECT_THAT(seen(), ElementsAre("save")) << "never two at once";
  end();
  EXPECT_THAT(seen(), ElementsAre("ended "));
  loop.runFor(100ms);
  EXPECT_THAT(seen(), ElementsAre("save"));
}

TEST_F(Saver, TriesAgainWithGrowingPausesAndTellsEveryOutcome) {
  saver->touch();
  loop.runFor(100ms);
  end("full");
  EXPECT_THAT(seen(), ElementsAre("save", "turned full"));
  loop.runFor(199ms);
  saver->touch();
  EXPECT_TRUE(seen().empty());
  loop.runFor(1ms);
  end("full");
  EXPECT_THAT(seen(), ElementsAre("save", "ended full"));
  loop.runFor(400ms);
  EXPECT_THAT(seen(), ElementsAre("save"));
  end();
  EXPECT_THAT(seen(), ElementsAre("turned ", "done"));
}

TEST_F(Saver, FlushIsAnsweredByASaveThatBeganLater) {
  std::vector<std::string> answers;
  const auto note = [&](const std::string& error) { answers.push_back(error); };
  saver->touch();
  saver->flush(note);
  EXPECT_THAT(seen(), ElementsAre("save"));
  saver->touch();
  saver->flush(note);
  EXPECT_TRUE(seen().empty());
  end("full");
  EXPECT_THAT(answers, ElementsAre("full"));
  EXPECT_THAT(seen(), ElementsAre("turned full", "save"));
  end();
  EXPECT_THAT(answers, ElementsAre("full", ""));
}

TEST_F(Saver, FinishWritesWhatIsLeft) {
  saver->touch();
  loop.runFor(100ms);
  saver->touch();
  saver->finish();
  EXPECT_THAT(seen(), ElementsAre("save", "last save"));
  saver->finish();
  loop.runFor(1s);
  EXPECT_TRUE(seen().empty());
}

TEST_F(Saver, FinishCoversTheSaveUnderWay) {
  saver->touch();
  loop.runFor(100ms);
  saver->finish();
  EXPECT_THAT(seen(), ElementsAre("save", "last save")) << "nobody would hear of the first one's failure";
}

TEST_F(Saver, HurriesButNotOverAFailure) {
  saver->hurry();
  EXPECT_TRUE(seen().empty()) << "there is nothing to save";
  saver->touch();
  saver->hurry();
  EXPECT_THAT(seen(), ElementsAre("save"));
  saver->touch();
  saver->hurry();
  EXPECT_TRUE(seen().empty()) << "never two at once";
  end("full");
  saver->hurry();
  EXPECT_THAT(seen(), ElementsAre("turned full"));
}

}  // namespace
}  // namespace multiconn::test
