// Persistent shared objects: what is on the disk, whatever ends the server.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <random>

#include "origin/persistence_fixture.hpp"
#include "origin/start_origin.hpp"
#include "origin/test_application.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(Persistence, WhatWasSetIsThereAfterARestart) {
  const AmfValue bytes = AmfValue::ByteArray{{std::byte{7}}};
  {
    const OriginServer server(options());
    RtmpTestClient client(server.port(), {.app = "live/room", .amf3 = true});
    ASSERT_THAT(join(client), ElementsAre(joined(), cleared()));
    ASSERT_TRUE(write(client, {set("a", 1), set("b", AmfObject{{"c", AmfArray{1, nullptr, "x"}}})}));
    ASSERT_TRUE(write(client, {set("d", bytes), set("e", 1)}));
    ASSERT_TRUE(write(client, {unset("e")}));
  }
  const OriginServer server(options());
  RtmpTestClient client(server.port(), {.app = "live/room", .amf3 = true});
  ASSERT_TRUE(client.connect() && client.sendObject("o", {use()}, true));
  const auto back = client.nextObject();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->version, 3U);
  EXPECT_THAT(back->events,
              ElementsAre(joined(), cleared(), changed("a", 1),
                          changed("b", AmfObject{{"c", AmfArray{1, nullptr, "x"}}}), changed("d", bytes)));
  EXPECT_EQ(log, "");
}

TEST_F(Persistence, AnObjectIsSavedWhileTheServerRunsAndLeavesMemory) {
  const OriginServer server(options());
  RtmpTestClient witness(server.port());
  ASSERT_TRUE(witness.connect());
  {
    RtmpTestClient client(server.port());
    ASSERT_FALSE(join(client).empty());
    ASSERT_TRUE(write(client, {set("a", 1)}));
    EXPECT_TRUE(eventually([&] { return saved(statusOf(server)); }));
    EXPECT_TRUE(std::filesystem::exists(file()));
  }
  EXPECT_TRUE(eventually(
      [&] { return statusOf(server).at("applications").at(0).at("shared_objects").as_array().empty(); }));
  ASSERT_TRUE(witness.sendObject("o", {use()}, true));
  EXPECT_THAT(witness.nextObject()->events, ElementsAre(joined(), cleared(), changed("a", 1)));
}

TEST_F(Persistence, AnInstanceThatStopsIsReadAgainWithWhatItHadLast) {
  auto quick = options();
  quick.application_idle = 0ms;
  quick.save_interval = 1h;
  const OriginServer server(quick);
  for (int round = 1; round < 20; ++round) {
    RtmpTestClient client(server.port());
    const auto events = join(client);
    ASSERT_EQ(events.size(), round == 1 ? 2U : 3U);
    if (round > 1) {
      EXPECT_EQ(events.back(), changed("n", round - 1));
    }
    ASSERT_TRUE(write(client, {set("n", round)}));
    client.reset();
    ASSERT_TRUE(eventually([&] { return connections(server) == 0; }));
  }
}

TEST_F(Persistence, ABrokenFileIsKeptAsideAndReported) {
  {
    const OriginServer server(options());
    RtmpTestClient client(server.port());
    ASSERT_FALSE(join(client).empty());
    ASSERT_TRUE(write(client, {set("a", 1)}));
  }
  ASSERT_TRUE(std::filesystem::exists(file()));
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 1);
  {
    const OriginServer server(options());
    RtmpTestClient client(server.port());
    EXPECT_THAT(join(client), ElementsAre(joined(), cleared()));
    ASSERT_TRUE(write(client, {set("a", 2)}));
  }
  EXPECT_THAT(log, HasSubstr("shared object live o: its file was broken"));
  EXPECT_TRUE(std::filesystem::exists(file().string() + ".broken-1"));
  const OriginServer server(options());
  RtmpTestClient client(server.port());
  EXPECT_THAT(join(client), ElementsAre(joined(), cleared(), changed("a", 2)));
}

TEST_F(Persistence, AFileThatCannotBeReadIsNotOverwritten) {
  std::filesystem::create_directories(file().parent_path());
  std::filesystem::create_symlink("elsewhere", file());
  const OriginServer server(options());
  RtmpTestClient client(server.port());
  EXPECT_THAT(join(client), ElementsAre(refusal("SharedObject.ObjectCreationFailed")));
  EXPECT_THAT(log, HasSubstr("cannot open its file"));
  EXPECT_TRUE(std::filesystem::is_symlink(file()));
}

TEST_F(Persistence, NoNameLeavesTheFolder) {
  const OriginServer server(options());
  RtmpTestClient client(server.port(), {.app = "../.."});
  ASSERT_FALSE(join(client, "../../../escape").empty());
  ASSERT_TRUE(write(client, {set("a", 1)}, "../../../escape"));
  ASSERT_TRUE(eventually([&] { return saved(statusOf(server)); }));
  EXPECT_TRUE(
      std::filesystem::exists(folder.path() / "%2E%2E/%2E%2E/.shared/%2E%2E%2F%2E%2E%2F%2E%2E%2Fescape.so"));
}

TEST_F(Persistence, WithoutADataDirectoryObjectsLiveAsLongAsTheirInstance) {
  const OriginServer server(testOptions());
  RtmpTestClient witness(server.port());
  ASSERT_TRUE(witness.connect());
  {
    RtmpTestClient client(server.port());
    ASSERT_FALSE(join(client).empty());
    ASSERT_TRUE(write(client, {set("a", 1)}));
  }
  ASSERT_TRUE(eventually([&] { return connections(server) == 1; }));
  ASSERT_TRUE(witness.sendObject("o", {use()}, true));
  EXPECT_THAT(witness.nextObject()->events, ElementsAre(joined(), cleared(), changed("a", 1)));
}

TEST_F(Persistence, TwoServersDoNotShareADirectory) {
  const OriginServer first(options());
  try {
    const OriginServer second(options());
    FAIL() << "the second server has started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("another server uses the data directory"));
  }
}

class Flushing : public ApplicationTest {};

TEST_F(Flushing, TellsWhenItIsOnTheDisk) {
  const TemporaryFolder folder;
  auto options = testOptions();
  options.data_dir = folder.path();
  options.save_interval = 1h;
  Handed<std::string> flushed;
  serve({.start =
             [&](TestApplication& application) {
               HostedObject object = application.sharedObject("o", true);
               object.set("a", 1);
               object.flush([&](const std::string& error) { flushed.give("flushed" + error); });
             }},
        options);
  const auto one = client();
  ASSERT_TRUE(one->connect());
  EXPECT_EQ(flushed.take(), "flushed");
  EXPECT_TRUE(std::filesystem::exists(origin::objectFolder(folder.path(), "app") / "o.so"));
}

// --- The program, killed and starved

class KilledProgram : public Persistence {
 protected:
  std::vector<std::string> arguments() const {
    return {"--listen",    "127.0.0.1:0",     "--http", "0",           "--data-dir",
            folder.path(), "--save-interval", "1ms",    "--log-level", "error"};
  }
};

// Both slots are written in one message: after a kill either both are there or none, and nothing that was
// there once is gone.
TEST_F(KilledProgram, LeavesAStateThatWasThereOnce) {
  std::mt19937 random(4711);
  double kept = 0;
  double next = 1;
  const std::string filler(50'000, 'f');
  for (int round = 0; round < 25; ++round) {
    ProgramRun program = startOrigin(arguments());
    RtmpTestClient client(listeningPort(program.line(), "rtmp"));
    const auto events = join(client);
    ASSERT_GE(events.size(), 2U) << "round " << round;
    std::map<std::string, AmfValue> slots;
    for (const ObjectEvent& event : events) slots[event.name] = event.value;
    const double now = slots["a"].number() ? *slots["a"].number() : 0;
    EXPECT_GE(now, kept) << "what was on the disk has gone";
    EXPECT_LT(now, next);
    if (now > 0) {
      EXPECT_EQ(slots["b"], AmfValue(now));
    }
    kept = now;
    const int answered = std::uniform_int_distribution(0, 30)(random);
    for (int i = 0; i < answered; ++i, ++next) {
      ASSERT_TRUE(write(client, {set("a", next), set("filler", filler), set("b", next)}));
    }
    for (int i = 0; i < 10; ++i, ++next) {
      client.sendObject("o", {set("a", next), set("filler", filler), set("b", next)}, true);
    }
    client.step(std::chrono::milliseconds(std::uniform_int_distribution(0, 4)(random)));
    program.signal(SIGKILL);
    program.status();
  }
  EXPECT_GT(kept, 0);
  for (const auto& entry : std::filesystem::directory_iterator(file().parent_path())) {
    EXPECT_EQ(entry.path().string().find(".broken"), std::string::npos) << entry.path();
  }
}

TEST_F(KilledProgram, ThatFindsTheDiskFullSaysSoAndKeepsTheOldFile) {
  {
    ProgramRun program = startOrigin(arguments(), 20'000);
    RtmpTestClient client(listeningPort(program.line(), "rtmp"));
    const std::uint16_t http = listeningPort(program.line(), "http");
    ASSERT_FALSE(join(client).empty());
    ASSERT_TRUE(write(client, {set("a", "small")}));
    const auto isSaved = [&] {
      const std::string answer = get(http, "/status.json");
      return answer.find("\"saved\":true") != std::string::npos;
    };
    ASSERT_TRUE(eventually(isSaved));
    ASSERT_TRUE(client.sendObject("o", {set("a", std::string(50'000, 'x'))}, true));
    EXPECT_TRUE(waitEvent(client, refusal("SharedObject.Flush.Failed")));
    EXPECT_THAT(program.error(), HasSubstr("shared object live o: cannot be saved"));
    EXPECT_FALSE(isSaved());
    program.signal(SIGKILL);
    program.status();
  }
  ProgramRun program = startOrigin(arguments(), 20'000);
  RtmpTestClient client(listeningPort(program.line(), "rtmp"));
  EXPECT_THAT(join(client), ElementsAre(joined(), cleared(), changed("a", "small")));
  ASSERT_TRUE(client.sendObject("o", {set("a", std::string(50'000, 'x'))}, true));
  EXPECT_TRUE(waitEvent(client, refusal("SharedObject.Flush.Failed")));
  EXPECT_THAT(program.error(), HasSubstr("cannot be saved"));
  ASSERT_TRUE(write(client, {set("a", "small again")}));
  EXPECT_THAT(program.error(), HasSubstr("is saved again"));
}

}  // namespace
}  // namespace multiconn::test
