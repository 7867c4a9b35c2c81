#include "client/status_outlet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Status said(std::string code, AmfValue info = {}) {
  return {std::move(code), "status", "", {}, "", std::move(info)};
}

std::vector<std::string> codes(const std::vector<Status>& statuses) {
  std::vector<std::string> codes;
  for (const Status& status : statuses) codes.push_back(status.code);
  return codes;
}

TEST(StatusOutlet, KeepsUntilSomebodyListens) {
  StatusOutlet outlet;
  EXPECT_TRUE(outlet.waits());
  outlet.keep(said("a"));
  outlet.keep(said("b"));
  std::vector<std::string> told;
  EXPECT_THAT(codes(outlet.listen([&](const Status& status) { told.push_back(status.code); })),
              ElementsAre("a", "b"));
  EXPECT_FALSE(outlet.waits());
  outlet.tell(said("c"));
  EXPECT_THAT(told, ElementsAre("c"));
  EXPECT_THAT(outlet.listen(nullptr), IsEmpty());
  outlet.tell(said("d"));
  EXPECT_FALSE(outlet.waits()) << "nobody wants to listen";
}

TEST(StatusOutlet, GivesBackWhatIsAboutOneObject) {
  StatusOutlet outlet;
  outlet.keep(said("a"), "chat");
  outlet.keep(said("b"));
  outlet.keep(said("c"), "slides");
  outlet.keep(said("d"), "chat");
  EXPECT_THAT(codes(outlet.takeBack("chat")), ElementsAre("a", "d"));
  EXPECT_THAT(outlet.takeBack("chat"), IsEmpty());
  EXPECT_THAT(codes(outlet.listen([](const Status&) {})), ElementsAre("b", "c"));
}

TEST(StatusOutlet, IsBounded) {
  StatusOutlet outlet;
  const std::string small(1000, 'x'), large(StatusOutlet::longest_info, 'x');
  for (std::size_t i = 0; i < 3 * StatusOutlet::most_waiting; ++i)
    outlet.keep(said(std::to_string(i), i % 2 == 0 ? small : large));
  const std::vector<Status> kept = outlet.listen(nullptr);
  ASSERT_EQ(kept.size(), StatusOutlet::most_waiting);
  EXPECT_EQ(kept.front().code, std::to_string(2 * StatusOutlet::most_waiting));
  EXPECT_NE(kept[0].info.string(), nullptr);
  EXPECT_TRUE(kept[1].info.isUndefined());
}

}  // namespace
}  // namespace multiconn::client
