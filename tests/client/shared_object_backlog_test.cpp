#include "client/sync_backlog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using Code = Change::Code;
using testing::ElementsAre;

constexpr rtmp::TimePoint now{};

class Backlog : public testing::Test {
 protected:
  void add(Code code, const std::string& slot, AmfValue old_value = {}) {
    backlog.add({{code, slot, std::move(old_value), ServerId{}}}, now);
  }
  std::vector<std::string> take() {
    std::vector<std::string> lines;
    for (const Change& change : backlog.take()) {
      lines.push_back(name(change.code) + (change.slot.empty() ? "" : " " + change.slot));
      if (const double* number = change.old_value.number())
        lines.back() += " was " + std::to_string(static_cast<int>(*number));
    }
    return lines;
  }
  SyncBacklog backlog;
};

TEST_F(Backlog, OfSeveralChangesOfASlotTheLastCountsAndTheFirstOldValue) {
  add(Code::change, "x", 1);
  add(Code::change, "y", 7);
  add(Code::change, "x", 2);
  add(Code::deleted, "y");
  add(Code::deleted, "z");
  add(Code::change, "z");
  EXPECT_THAT(take(), ElementsAre("change x was 1", "delete y", "change z"));
}

TEST_F(Backlog, ARemovalInBetweenKeepsTheFirstOldValue) {
  add(Code::change, "x", 1);
  add(Code::deleted, "x");
  add(Code::deleted, "x");
  add(Code::change, "x");
  add(Code::change, "x", 5);
  EXPECT_THAT(take(), ElementsAre("change x was 1"));
}

TEST_F(Backlog, AnswersAreApartFromWhatOthersDid) {
  add(Code::success, "x");
  add(Code::change, "x", 1);
  add(Code::reject, "x", 2);
  EXPECT_THAT(take(), ElementsAre("reject x was 2", "change x was 1"));
}

TEST_F(Backlog, ClearTakesWhatWasBeforeIt) {
  add(Code::change, "x", 1);
  add(Code::success, "w");
  add(Code::clear, "");
  add(Code::change, "x", 5);
  add(Code::clear, "");
  add(Code::change, "y");
  EXPECT_THAT(take(), ElementsAre("clear", "success w", "change y"));
}

TEST_F(Backlog, AnEmptyListIsToldToo) {
  EXPECT_FALSE(backlog.since());
  backlog.add({}, now);
  EXPECT_TRUE(backlog.since());
  EXPECT_THAT(take(), ElementsAre());
  EXPECT_FALSE(backlog.since());
}

TEST_F(Backlog, IsBounded) {
  for (int i = 0; !backlog.full(); ++i) {
    ASSERT_LT(i, 20'000);
    add(Code::deleted, std::to_string(i));
  }
  EXPECT_GT(take().size(), 1000U);
  EXPECT_FALSE(backlog.full());
}

}  // namespace
}  // namespace multiconn::client
