// The example of docs/origin.md does what the page says.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "origin/chat_application.hpp"
#include "origin/object_events.hpp"
#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string textOf(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(std::string(MULTICONN_VECTORS) + "/../../" + file).rdbuf();
  return text.str();
}

TEST(ChatApplication, IsTheOneInTheDocumentation) {
  const std::string source = textOf("tests/origin/chat_application.hpp");
  EXPECT_THAT(textOf("docs/origin.md"), HasSubstr(source.substr(source.find("class Chat"))));
}

TEST(ChatApplication, KeepsItsPeopleAndItsTopic) {
  const TemporaryFolder folder;
  auto options = testOptions();
  options.data_dir = folder.path();
  options.application_factories["chat"] = [](const std::string&) { return std::make_unique<Chat>(); };
  const OriginServer server(options);
  RtmpTestClient nobody(server.port(), {.app = "chat/room1"});
  EXPECT_FALSE(nobody.connect());
  RtmpTestClient ann(server.port(), {.app = "chat/room1", .arguments = {"Ann"}});
  ASSERT_TRUE(ann.connect() && ann.sendObject("topic", {use()}, true));
  EXPECT_THAT(ann.nextObject()->events,
              ElementsAre(joined(), cleared(), changed("text", "Welcome to chat/room1")));
  ASSERT_TRUE(ann.sendObject("people", {use()}));
  const auto people = ann.nextObject();
  ASSERT_TRUE(people && people->events.size() == 3);
  EXPECT_EQ(people->events.back().value, AmfValue("Ann"));
  const std::string id = people->events.back().name;
  ASSERT_TRUE(ann.call("rename", {"Anna"})->ok);
  EXPECT_THAT(ann.nextObject()->events, ElementsAre(changed(id, "Anna")));
  EXPECT_FALSE(ann.call("rename")->ok);
  ASSERT_TRUE(ann.sendObject("people", {set(id, "Queen")}));
  EXPECT_EQ(ann.nextObject()->events.back(), refusal("SharedObject.NoWriteAccess"));
  EXPECT_FALSE(ann.publish("stream"));
  EXPECT_TRUE(ann.publish("stream?key=opensesame"));
}

}  // namespace
}  // namespace multiconn::test
