// Saving persistent shared objects where that goes wrong: who hears of it, and what is kept.
#include <sys/mount.h>

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <fstream>
#include <thread>

#include "net/asio_scheduler.hpp"
#include "origin/disk_thread.hpp"
#include "origin/persistence_fixture.hpp"
#include "origin/shared_object_disk.hpp"
#include "origin/shared_object_store.hpp"
#include "origin/test_application.hpp"
#include "support/own_namespace.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::optional<origin::SharedObjectContent> contentOf(const std::filesystem::path& file) {
  return origin::decodeFile(rtmp::asBytes(textOf(file)));
}

class Saving : public Persistence {
 protected:
  /// Stands where the new file is written before it gets its name.
  void block() const { std::filesystem::create_directories(file().string() + ".part/x"); }
  void unblock() const { std::filesystem::remove_all(file().string() + ".part"); }
  static std::size_t instances(const OriginServer& server) {
    return statusOf(server).at("applications").as_array().size();
  }

  const ObjectEvent not_saved = refusal("SharedObject.Flush.Failed");
};

TEST_F(Saving, EveryAuthorHearsOfTheFailureOnceAndTheLogOfTurns) {
  block();
  const OriginServer server(options());
  RtmpTestClient one(server.port());
  RtmpTestClient two(server.port());
  ASSERT_FALSE(join(one).empty() || join(two).empty());
  ASSERT_TRUE(one.sendObject("o", {set("a", 1)}, true));
  EXPECT_TRUE(waitEvent(one, not_saved));
  ASSERT_TRUE(two.sendObject("o", {set("b", 2)}, true));
  EXPECT_TRUE(waitEvent(two, not_saved)) << "also what is written while it goes on failing";
  ASSERT_TRUE(two.sendObject("o", {set("b", 3)}, true));
  EXPECT_TRUE(waitEvent(two, not_saved)) << "and every time";
  EXPECT_EQ(logged("cannot be saved, and is tried again"), 1U);
  unblock();
  EXPECT_TRUE(eventually([&] { return logged("is saved again") == 1; }));
  EXPECT_TRUE(eventually([&] { return saved(statusOf(server)); }));
  while (const auto rest = one.nextObject(20ms)) {
    EXPECT_EQ(std::count(rest->events.begin(), rest->events.end(), not_saved), 0)
        << "what it wrote was told once";
  }
}

TEST_F(Saving, AnInstanceStaysWhileItHasWhatCannotBeSaved) {
  block();
  auto quick = options();
  quick.application_idle = 0ms;
  const OriginServer server(quick);
  {
    RtmpTestClient client(server.port());
    ASSERT_FALSE(join(client).empty());
    ASSERT_TRUE(client.sendObject("o", {set("a", "kept")}, true));
    ASSERT_TRUE(waitEvent(client, not_saved));
  }
  EXPECT_TRUE(eventually([&] { return logged("live has no clients, and stays until") == 1; }));
  EXPECT_EQ(instances(server), 1U);
  unblock();
  EXPECT_TRUE(eventually([&] { return instances(server) == 0; }));
  const auto content = contentOf(file());
  ASSERT_TRUE(content && content->slots.find("a"));
  EXPECT_EQ(*content->slots.find("a"), AmfValue("kept"));
  EXPECT_THAT(log, Not(HasSubstr("is lost")));
}

TEST_F(Saving, AnInstanceWhoseApplicationGoesOnWritingStops) {
  const auto notes = std::make_shared<Notes>();
  Handed<HostedObject> handed;
  TestApplication::Callbacks callbacks;
  callbacks.start = [&](TestApplication& application) { handed.give(application.sharedObject("o", true)); };
  auto quick = options();
  quick.application_idle = 0ms;
  quick.application_factories["app"] = [&](const std::string&) {
    return std::make_unique<TestApplication>(callbacks, notes);
  };
  const OriginServer server(quick);
  std::optional<RtmpTestClient> client;
  client.emplace(server.port(), RtmpTestClient::Options{.app = "app"});
  ASSERT_TRUE(client->connect());
  std::optional<HostedObject> object = handed.take();
  ASSERT_TRUE(object);
  std::jthread writer([object = *object](const std::stop_token& stop) mutable {
    for (int i = 0; !stop.stop_requested(); ++i) {
      object.set("x", i);
      while (!stop.stop_requested() && object.get("x") != AmfValue(i)) std::this_thread::yield();
    }
  });
  ASSERT_TRUE(eventually([&] { return object->size() == 1; }));
  client.reset();
  EXPECT_TRUE(notes->wait("stop app"));
  writer = {};
  EXPECT_TRUE(eventually([&] { return contentOf(file("app")).has_value(); }));
}

TEST_F(Saving, OneThatEndsWithTheServerSaysWhatIsLost) {
  block();
  {
    const OriginServer server(options());
    RtmpTestClient client(server.port());
    ASSERT_FALSE(join(client).empty());
    ASSERT_TRUE(client.sendObject("o", {set("a", 1)}, true));
    ASSERT_TRUE(waitEvent(client, not_saved));
  }
  EXPECT_EQ(logged("shared object live o: is lost, as it cannot be saved"), 1U);
}

TEST_F(Saving, WhatHoldsNoSlotsHasNoFile) {
  const OriginServer server(options());
  RtmpTestClient client(server.port(), {.app = "live/room"});
  ASSERT_FALSE(join(client).empty());
  const auto path = file("live/room");
  ASSERT_TRUE(write(client, {set("a", 1)}));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path); }));
  ASSERT_TRUE(write(client, {unset("a")}));
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(folder.path() / "live"); }))
      << "nor folders that hold nothing";
  ASSERT_TRUE(write(client, {set("a", 2)}));
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(path); }));
}

/// A store of its own, whose disk does what a test says.
class Store : public testing::Test {
 protected:
  origin::SharedObjectDisk::Writer writer() {
    return [this](const std::filesystem::path&, rtmp::BytesView bytes) {
      std::unique_lock lock(mutex);
      written.emplace_back(bytes.begin(), bytes.end());
      changed.notify_all();
      changed.wait_for(lock, RawClient::default_wait, [this] { return !answers.empty(); });
      const std::string answer = answers.empty() ? "no answer" : answers.front();
      if (!answers.empty()) answers.pop_front();
      return answer;
    };
  }
  void answer(const std::string& error) {
    const std::lock_guard lock(mutex);
    answers.push_back(error);
    changed.notify_all();
  }
  bool waitWritten(std::size_t count) {
    return eventually([&] {
      loop.restart();
      loop.poll();
      const std::lock_guard lock(mutex);
      return written.size() >= count;
    });
  }

  TemporaryFolder folder;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<rtmp::Bytes> written;
  std::deque<std::string> answers;
  std::vector<std::string> lines;
  boost::asio::io_context loop{1};
  net::AsioScheduler scheduler{loop};
  origin::DiskThread thread;
  origin::SharedObjectDisk disk{thread, scheduler, folder.path(), writer()};
  origin::SharedObjectServices services{
      scheduler, disk, {}, 1ms, [this](OriginLogLevel, const std::string& line) { lines.push_back(line); }};
};

TEST_F(Store, WhatWasOnItsWayToTheDiskIsSavedAgain) {
  {
    origin::SharedObjectStore before(services, "live");
    const auto object = before.open("o", true, nullptr);
    ASSERT_TRUE(object);
    object->set("a", 1);
    before.finish();
  }
  origin::SharedObjectStore store(services, "live");
  const auto object = store.open("o", true, nullptr);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->data()->slots.size(), 1U);
  EXPECT_FALSE(store.saved()) << "it may not arrive";
  answer("the disk is full");
  ASSERT_TRUE(waitWritten(2));
  answer("");
  EXPECT_TRUE(eventually([&] {
    loop.restart();
    loop.poll();
    return store.saved();
  }));
  const auto content = origin::decodeFile(written.back());
  ASSERT_TRUE(content);
  EXPECT_EQ(content->slots.size(), 1U);
  thread.finish();
}

TEST_F(Store, CountsWhatIsOnItsWay) {
  answer("");
  for (const char* name : {"a", "b"}) {
    origin::SharedObjectStore store(services, "live");
    store.open(name, true, nullptr)->set("x", 1);
    store.finish();
  }
  EXPECT_EQ(disk.count("live"), 2U);
  EXPECT_EQ(disk.count("other"), 0U);
  {
    origin::SharedObjectStore store(services, "live");
    store.open("a", true, nullptr)->clear();
    store.finish();
  }
  EXPECT_EQ(disk.count("live"), 1U) << "a file that will be removed is none";
  for (int i = 0; i < 3; ++i) answer("");
  thread.finish();
}

TEST_F(Store, TheServersOwnWritesHaveBoundsToo) {
  services.quotas.value_bytes = 100;
  services.quotas.object_bytes = 300;
  origin::SharedObjectStore store(services, "live");
  const auto object = store.open("o", false, nullptr);
  object->set("large", std::string(101, 'x'));
  EXPECT_TRUE(object->data()->slots.empty());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(
      lines[0],
      "shared object live o: slot large was not set: its value takes 104 bytes, and may take 100 bytes");
  object->sendOwn({"handler", std::string(60, 'x'), std::string(60, 'x')});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[1], HasSubstr("a message was not sent: it takes 136 bytes, and may take 100 bytes"));
  for (const char* slot : {"a", "b", "c"}) object->set(slot, std::string(60, 'x'));
  EXPECT_EQ(object->data()->slots.size(), 2U);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[2], HasSubstr("slot c was not set: there is no room for 63 bytes"));
  for (int i = 0; i < 1000; ++i) object->set("large", std::string(101, 'x'));
  EXPECT_LT(lines.size(), 20U) << "an application that does it all the time does not fill the log";
  store.finish();
}

// --- A disk that is full indeed

class FullDisk : public Saving {
 protected:
  static constexpr std::size_t disk_bytes = 256 * 1024;

  void mountSmallDisk() const {
    const std::string size = "size=" + std::to_string(disk_bytes);
    ASSERT_EQ(::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, size.c_str()), 0) << std::strerror(errno);
  }
  void fill() const {
    std::ofstream filler(folder.path() / "filler", std::ios::binary);
    const std::string block(4096, 'f');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) continue;
  }
  void free() const { std::filesystem::remove(folder.path() / "filler"); }
};

TEST_F(FullDisk, IsToldToWritersKeepsTheOldFileAndWorksAgain) {
  if (!inOwnNamespace()) return;
  mountSmallDisk();
  auto quick = options();
  quick.application_idle = 0ms;
  {
    const OriginServer server(quick);
    RtmpTestClient one(server.port());
    RtmpTestClient two(server.port());
    ASSERT_FALSE(join(one).empty() || join(two).empty());
    ASSERT_TRUE(write(one, {set("a", "small")}));
    ASSERT_TRUE(eventually([&] { return saved(statusOf(server)) && std::filesystem::exists(file()); }));
    fill();
    ASSERT_TRUE(one.sendObject("o", {set("a", std::string(50'000, 'x'))}, true));
    EXPECT_TRUE(waitEvent(one, not_saved));
    ASSERT_TRUE(two.sendObject("o", {set("b", 2)}, true));
    EXPECT_TRUE(waitEvent(two, not_saved));
    EXPECT_EQ(
        logged("shared object live o: cannot be saved, and is tried again: cannot write its file: No space"
               " left on device"),
        1U);
    const auto old = contentOf(file());
    ASSERT_TRUE(old);
    EXPECT_EQ(*old->slots.find("a"), AmfValue("small"));
    one.reset();
    two.reset();
    EXPECT_TRUE(eventually([&] { return logged("stays until its shared objects can be saved") == 1; }));
    free();
    EXPECT_TRUE(eventually([&] { return instances(server) == 0; }));
    EXPECT_EQ(logged("is saved again"), 1U);
  }
  const OriginServer server(quick);
  RtmpTestClient client(server.port());
  EXPECT_THAT(join(client),
              ElementsAre(joined(), cleared(), changed("a", std::string(50'000, 'x')), changed("b", 2)));
  EXPECT_THAT(log, Not(HasSubstr("is lost")));
}

}  // namespace
}  // namespace multiconn::test
