// publish with record and append.
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "origin/flv_file.hpp"
#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using origin::FlvFile;

struct Tag {
  std::uint8_t type;
  std::uint32_t timestamp;
  rtmp::Bytes body;
  bool operator==(const Tag&) const = default;
};

std::vector<Tag> tagsOf(const std::filesystem::path& path) {
  std::vector<Tag> tags;
  const auto file = FlvFile::open(path);
  if (!file) return tags;
  for (auto tag = file->tag(file->firstTag()); tag; tag = file->tag(tag->next())) {
    tags.push_back({tag->type, tag->timestamp, *file->body(*tag)});
  }
  return tags;
}

class Record : public testing::Test {
 protected:
  OriginOptions options() const {
    auto options = testOptions();
    options.data_dir = folder.path();
    return options;
  }
  std::filesystem::path file(const std::string& name = "show.flv") const {
    return folder.path() / "live" / name;
  }
  void broadcast(RtmpTestClient& publisher, std::uint32_t from, unsigned char mark) {
    ASSERT_TRUE(publisher.sendVideo(0, videoConfig()));
    for (std::uint32_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(publisher.sendVideo(from + i * 40, videoFrame(i == 0, mark)));
      ASSERT_TRUE(publisher.sendAudio(from + i * 40 + 3, audioFrame(mark)));
    }
  }
  std::vector<Tag> expected(std::uint32_t from, unsigned char mark) const {
    std::vector<Tag> tags{{9, from, videoConfig()}};
    for (std::uint32_t i = 0; i < 3; ++i) {
      tags.push_back({9, from + i * 40, videoFrame(i == 0, mark)});
      tags.push_back({8, from + i * 40 + 3, audioFrame(mark)});
    }
    return tags;
  }

  TemporaryFolder folder;
};

TEST_F(Record, WritesWhatWasPublishedAndBeginsAtZero) {
  const OriginServer server(options());
  RtmpTestClient publisher(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("show", "record"));
  EXPECT_TRUE(publisher.waitStatus("NetStream.Record.Start"));
  broadcast(publisher, 3'600'000, 1);
  ASSERT_TRUE(publisher.unpublish());
  EXPECT_TRUE(publisher.waitStatus("NetStream.Record.Stop"));
  EXPECT_EQ(tagsOf(file()), expected(0, 1));
}

TEST_F(Record, KeepsMetadataWithoutItsCommand) {
  const OriginServer server(options());
  RtmpTestClient publisher(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("show", "record"));
  ASSERT_TRUE(publisher.sendData(0, {"@setDataFrame", "onMetaData", AmfObject::ecmaArray({{"width", 2}})}));
  ASSERT_TRUE(publisher.sendAudio(0, audioFrame(1)));
  ASSERT_TRUE(publisher.unpublish());
  ASSERT_TRUE(publisher.waitStatus("NetStream.Record.Stop"));
  const auto tags = tagsOf(file());
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_EQ(tags[0].type, 18);
  EXPECT_TRUE(rtmp::asText(tags[0].body).starts_with(std::string_view("\x02\x00\x0AonMetaData", 13)));
}

TEST_F(Record, ReplacesAndAppendGoesOn) {
  const OriginServer server(options());
  for (const auto& [mode, mark] : {std::pair("record", 1), {"record", 2}, {"append", 3}}) {
    RtmpTestClient publisher(server.port());
    ASSERT_TRUE(publisher.connect() && publisher.publish("show", mode));
    broadcast(publisher, 500, static_cast<unsigned char>(mark));
    ASSERT_TRUE(publisher.unpublish());
    ASSERT_TRUE(publisher.waitStatus("NetStream.Record.Stop"));
  }
  const auto tags = tagsOf(file());
  auto both = expected(500, 2);
  both[0].timestamp = 0;  // came before the first frame told the time
  ASSERT_EQ(tags.size(), 2 * both.size());
  EXPECT_EQ(std::vector(tags.begin(), tags.begin() + 7), both);
  EXPECT_EQ(tags[8].body, videoFrame(true, 3));
  for (std::size_t i = 1; i < tags.size(); ++i) EXPECT_GE(tags[i].timestamp, tags[i - 1].timestamp);
  EXPECT_GT(tags[7].timestamp, tags[6].timestamp);
}

TEST_F(Record, OfAPublisherWhoIsLostIsKept) {
  const OriginServer server(options());
  RtmpTestClient publisher(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("show", "record"));
  broadcast(publisher, 0, 1);
  ASSERT_TRUE(eventually([&] { return statusOf(server).at("bytes_in").to_number<int>() > 3500; }));
  publisher.reset();
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(file()); }));
}

TEST_F(Record, IsCompletedWhenTheServerStops) {
  auto server = std::make_unique<OriginServer>(options());
  RtmpTestClient publisher(server->port());
  RtmpTestClient player(server->port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("show", "record") && player.connect() &&
              player.play("show"));
  broadcast(publisher, 0, 1);
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(nextFrame(player));
  server.reset();
  EXPECT_EQ(tagsOf(file()), expected(0, 1));
}

TEST_F(Record, OldFileIsIntactWhenTheServerIsKilled) {
  std::filesystem::create_directories(file().parent_path());
  std::ofstream(file()) << "FLV of old";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const OriginServer server(options());
    const std::uint16_t port = server.port();
    (void)!::write(ready[1], &port, sizeof port);
    for (;;) ::pause();
  }
  std::uint16_t port = 0;
  ASSERT_EQ(::read(ready[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  RtmpTestClient publisher(port);
  EXPECT_TRUE(publisher.connect() && publisher.publish("show", "record"));
  broadcast(publisher, 0, 1);
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(file("show.flv.part")); }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  std::string content;
  std::getline(std::ifstream(file()), content);
  EXPECT_EQ(content, "FLV of old");

  // What the killed one left does not hinder the next.
  const OriginServer server(options());
  RtmpTestClient again(server.port());
  ASSERT_TRUE(again.connect() && again.publish("show", "record"));
  broadcast(again, 0, 1);
  ASSERT_TRUE(again.unpublish());
  EXPECT_TRUE(again.waitStatus("NetStream.Record.Stop"));
  EXPECT_EQ(tagsOf(file()), expected(0, 1));
}

TEST_F(Record, FullDiskIsToldTheBroadcastGoesOnAndWhatWasRecordedIsKept) {
  std::filesystem::create_directories(file().parent_path());
  std::ofstream(file()) << "FLV of old";
  std::string log;
  auto logging = options();
  logging.log = [&](OriginLogLevel, const std::string& line) { log += line; };
  auto server_owner = std::make_unique<OriginServer>(logging);
  const OriginServer& server = *server_owner;
  RtmpTestClient publisher(server.port());
  RtmpTestClient player(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("show", "record"));
  ASSERT_TRUE(player.connect() && player.play("show"));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  for (std::uint32_t i = 0; i < 8; ++i) ASSERT_TRUE(publisher.sendVideo(i, videoFrame(true, 1, 40'000)));
  EXPECT_TRUE(publisher.waitStatus("NetStream.Record.Failed"));
  ::setrlimit(RLIMIT_FSIZE, &before);
  for (std::uint32_t i = 0; i < 8; ++i) ASSERT_TRUE(nextFrame(player));
  ASSERT_TRUE(publisher.sendVideo(9, videoFrame(true, 2)));
  const auto live = nextFrame(player);
  ASSERT_TRUE(live);
  EXPECT_EQ(live->timestamp, 9U);
  publisher.reset();
  server_owner.reset();
  const auto kept = tagsOf(file("show.broken-1.flv"));
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[1].body, videoFrame(true, 1, 40'000));
  EXPECT_EQ(std::filesystem::file_size(file()), 10U);
  EXPECT_FALSE(std::filesystem::exists(file("show.flv.part")));
  EXPECT_NE(log.find("kept as live/****.broken-1.flv"), std::string::npos) << log;
  EXPECT_EQ(log.find("show"), std::string::npos) << log;
}

TEST_F(Record, NeedsAFolderAndANameThatCanBeAFile) {
  const OriginServer without(testOptions());
  RtmpTestClient publisher(without.port());
  ASSERT_TRUE(publisher.connect());
  EXPECT_FALSE(publisher.publish("show", "record"));
  EXPECT_TRUE(publisher.waitStatus("NetStream.Record.NoAccess"));
  const OriginServer with(options());
  RtmpTestClient escaping(with.port());
  ASSERT_TRUE(escaping.connect());
  for (const char* name : {"../show", "..", "a/b", ".x", "show.broken-1"}) {
    EXPECT_FALSE(escaping.publish(name, "append"));
    EXPECT_TRUE(escaping.waitStatus("NetStream.Record.NoAccess")) << name;
  }
  RtmpTestClient outside(with.port(), {.app = ".."});
  ASSERT_TRUE(outside.connect());
  EXPECT_FALSE(outside.publish("show", "record"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().filename(), ".lock");
  }
}

}  // namespace
}  // namespace multiconn::test
