#include "balancer/state_file.hpp"

#include <gmock/gmock.h>

#include "balance/reports.hpp"
#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::balancer {
namespace {

using balance::test::bootOf;
using balance::test::guidOf;
using balance::test::noon;
using multiconn::test::errorOf;
using multiconn::test::TemporaryFolder;
using testing::HasSubstr;

SavedState someState() {
  return {noon,
          {{guidOf(1), bootOf(3), 17}, {guidOf(2), bootOf(1, 9), 18'446'744'073'709'551'615u}},
          {guidOf(2), guidOf(7)}};
}

std::string complaint(const std::string& text) {
  const auto parsed = parseState(text);
  const auto* const wrong = std::get_if<std::string>(&parsed);
  return wrong ? *wrong : "none";
}

void expectSome(const SavedState& state) {
  EXPECT_EQ(state.saved_at, noon);
  ASSERT_EQ(state.marks.size(), 2u);
  EXPECT_EQ(state.marks[0].guid, guidOf(1));
  EXPECT_EQ(state.marks[0].boot, bootOf(3));
  EXPECT_EQ(state.marks[0].seq, 17u);
  EXPECT_EQ(state.marks[1].boot, bootOf(1, 9));
  EXPECT_EQ(state.marks[1].seq, 18'446'744'073'709'551'615u);
  EXPECT_EQ(state.paused, (std::vector{guidOf(2), guidOf(7)}));
}

TEST(StateFile, KeepsTimeAndMarks) {
  const auto parsed = parseState(toText(someState()));
  ASSERT_TRUE(std::holds_alternative<SavedState>(parsed)) << std::get<std::string>(parsed);
  expectSome(std::get<SavedState>(parsed));
}

TEST(StateFile, ThoseWithoutPausedEdgesAreRead) {
  const auto parsed = parseState(
      "multiconn-balancer state 1\nsaved 1700000000000\n"
      "00000000000000000000000000000001 3 0102030405060708 17\nend 1\n");
  ASSERT_TRUE(std::holds_alternative<SavedState>(parsed)) << std::get<std::string>(parsed);
  EXPECT_EQ(std::get<SavedState>(parsed).marks.size(), 1u);
  EXPECT_TRUE(std::get<SavedState>(parsed).paused.empty());
}

TEST(StateFile, RecognisesWhatIsDamaged) {
  const std::string whole = toText(someState());
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_NE(complaint(whole.substr(0, size)), "none") << size;
  }
  EXPECT_EQ(complaint("\x7f"
                      "ELF"),
            "it is no state file of this version");
  EXPECT_EQ(complaint("multiconn-balancer state 1\nsaved soon\nend 0\n"),
            "line 2 does not tell when it was saved");
  std::string changed = whole;
  changed[whole.rfind("edededed", whole.find(" 1 "))] = 'x';
  EXPECT_EQ(complaint(changed), "line 4 is damaged");
  EXPECT_EQ(complaint("multiconn-balancer state 1\nsaved 1\npaused 00000000\nend 1\n"), "line 3 is damaged");
  EXPECT_EQ(complaint(whole + "more\n"), "its end is missing or wrong");
}

TEST(StateFile, IsReplacedAsAWhole) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "state";
  EXPECT_EQ(readStateFile(file), std::nullopt);
  writeStateFile(file, {});
  writeStateFile(file, someState());
  EXPECT_EQ(readStateFile(file), toText(someState()));
  EXPECT_FALSE(exists(folder.path() / "state.new"));
}

TEST(StateFile, SaysWhatCannotBeReadOrWritten) {
  const TemporaryFolder folder;
  EXPECT_THAT(errorOf([&] { writeStateFile(folder.path() / "none" / "state", {}); }),
              HasSubstr("none/state: No such file"));
  EXPECT_THAT(errorOf([&] { (void)readStateFile(folder.path()); }), HasSubstr("Is a directory"));
}

TEST(StateFile, WriterWritesTheLastStateBeforeItEnds) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "state";
  {
    StateWriter writer(file);
    for (int i = 0; i < 50; ++i) writer.write({});
    writer.write(someState());
  }
  EXPECT_EQ(readStateFile(file), toText(someState()));
}

}  // namespace
}  // namespace multiconn::balancer
