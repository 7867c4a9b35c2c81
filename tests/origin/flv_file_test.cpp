#include "origin/flv_file.hpp"

#include <fstream>

#include "origin/origin_fixture.hpp"
#include "origin/recording_file.hpp"
#include "rtmp/flv.hpp"

namespace multiconn::origin {
namespace {

using test::TemporaryFolder;

void write(const std::filesystem::path& path, rtmp::BytesView bytes) {
  std::ofstream(path, std::ios::binary) << rtmp::asText(bytes);
}

rtmp::Bytes sample() {
  rtmp::Bytes bytes = rtmp::flvHeader(true, true);
  rtmp::appendFlvTag({9, 0, rtmp::asBytes("key")}, bytes);
  rtmp::appendFlvTag({8, 0x1234567, rtmp::asBytes("sound")}, bytes);
  return bytes;
}

TEST(FlvFile, FindsTagsFromEitherEnd) {
  const TemporaryFolder folder;
  write(folder.path() / "a.flv", sample());
  const auto file = FlvFile::open(folder.path() / "a.flv");
  ASSERT_TRUE(file);
  const auto first = file->tag(file->firstTag());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, 9);
  EXPECT_EQ(rtmp::asText(*file->body(*first)), "key");
  EXPECT_EQ(rtmp::asText(*file->body(*first, 2)), "ke");
  const auto second = file->tag(first->next());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->timestamp, 0x1234567U);
  EXPECT_FALSE(file->tag(second->next()));
  ASSERT_TRUE(file->lastTag());
  EXPECT_EQ(file->lastTag()->offset, second->offset);
}

TEST(FlvFile, EveryShorterFileIsReadAsFarAsItGoes) {
  const TemporaryFolder folder;
  const rtmp::Bytes whole = sample();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write(folder.path() / "a.flv", rtmp::BytesView(whole).first(size));
    const auto file = FlvFile::open(folder.path() / "a.flv");
    EXPECT_EQ(file.has_value(), size >= 9);
    if (!file) continue;
    std::uint64_t offset = file->firstTag();
    while (const auto tag = file->tag(offset)) offset = tag->next();
    EXPECT_LE(offset, size < 13 ? 13 : size);
  }
}

TEST(FlvFile, IsNotAnythingElse) {
  const TemporaryFolder folder;
  write(folder.path() / "text", rtmp::asBytes("this is a text file, and no FLV"));
  EXPECT_FALSE(FlvFile::open(folder.path() / "text"));
  EXPECT_FALSE(FlvFile::open(folder.path() / "missing"));
  EXPECT_FALSE(FlvFile::open(folder.path()));
}

TEST(RecordingFile, TakesItsNameWhenItIsWhole) {
  const TemporaryFolder folder;
  const auto target = folder.path() / "live" / "a.flv";
  {
    RecordingFile file(target, false);
    ASSERT_EQ(file.open(), "");
    ASSERT_EQ(file.write(9, 5, rtmp::asBytes("key")), "");
    EXPECT_FALSE(std::filesystem::exists(target));
    EXPECT_TRUE(std::filesystem::exists(target.string() + ".part"));
    ASSERT_EQ(file.finish(), "");
  }
  EXPECT_FALSE(std::filesystem::exists(target.string() + ".part"));
  const auto file = FlvFile::open(target);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->lastTag());
  EXPECT_EQ(file->lastTag()->timestamp, 5U);
  std::array<std::byte, 1> flags{};
  ASSERT_TRUE(file->read(4, flags));
  EXPECT_EQ(flags[0], std::byte{1});
}

TEST(RecordingFile, LeavesNothingWhenNothingWasRecorded) {
  const TemporaryFolder folder;
  const auto target = folder.path() / "a.flv";
  {
    RecordingFile file(target, false);
    ASSERT_EQ(file.open(), "");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(RecordingFile, AppendsBehindTheLastWholeTag) {
  const TemporaryFolder folder;
  const auto target = folder.path() / "a.flv";
  rtmp::Bytes old = sample();
  const std::size_t whole = old.size();
  old.resize(whole + 7, std::byte{8});  // the beginning of a tag that was never finished
  write(target, old);
  RecordingFile file(target, true);
  ASSERT_EQ(file.open(), "");
  while (file.copying()) ASSERT_EQ(file.copyOn(), "");
  ASSERT_EQ(file.write(9, 0, rtmp::asBytes("more")), "");
  ASSERT_EQ(file.finish(), "");
  const auto result = FlvFile::open(target);
  ASSERT_TRUE(result);
  const auto added = result->tag(whole);
  ASSERT_TRUE(added);
  EXPECT_GT(added->timestamp, 0x1234567U);
  EXPECT_EQ(rtmp::asText(*result->body(*added)), "more");
  EXPECT_EQ(added->next(), result->size());
}

// Other recordings wait for each step.
TEST(RecordingFile, CopiesTheOldFileInSmallSteps) {
  const TemporaryFolder folder;
  const auto target = folder.path() / "a.flv";
  rtmp::Bytes old = rtmp::flvHeader(false, true);
  const rtmp::Bytes body(500'000, std::byte{7});
  for (std::uint32_t i = 0; i < 10; ++i) rtmp::appendFlvTag({9, i, body}, old);
  write(target, old);
  RecordingFile file(target, true);
  ASSERT_EQ(file.open(), "");
  const auto size = [&] { return std::filesystem::file_size(target.string() + ".part"); };
  for (auto before = size(); file.copying(); before = size()) {
    ASSERT_EQ(file.copyOn(), "");
    EXPECT_LE(size() - before, 1024U * 1024U);
  }
  EXPECT_EQ(size(), old.size());
  ASSERT_EQ(file.finish(), "");
}

TEST(RecordingFile, KeepsWhatWasRecordedUnderANewName) {
  const TemporaryFolder folder;
  write(folder.path() / "a.flv", rtmp::asBytes("old"));
  write(folder.path() / "a.broken-1.flv", rtmp::asBytes("kept before"));
  RecordingFile file(folder.path() / "a.flv", false);
  ASSERT_EQ(file.open(), "");
  ASSERT_EQ(file.write(9, 5, rtmp::asBytes("key")), "");
  EXPECT_EQ(file.keepAside(), ".broken-2.flv");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.flv.part"));
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "a.flv"), 3U);
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "a.broken-1.flv"), 11U);
  const auto kept = FlvFile::open(folder.path() / "a.broken-2.flv");
  ASSERT_TRUE(kept && kept->lastTag());
  EXPECT_EQ(kept->lastTag()->timestamp, 5U);
}

TEST(RecordingFile, KeepsWhatAKilledServerLeft) {
  const TemporaryFolder folder;
  write(folder.path() / "a.flv.part", sample());
  RecordingFile file(folder.path() / "a.flv", false);
  ASSERT_EQ(file.open(), "");
  EXPECT_EQ(file.leftover(), ".broken-1.flv");
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "a.broken-1.flv"), sample().size());
  ASSERT_EQ(file.finish(), "");
}

TEST(RecordingFile, DoesNotAppendToSomethingElse) {
  const TemporaryFolder folder;
  write(folder.path() / "a.flv", rtmp::asBytes("somebody's diary"));
  RecordingFile file(folder.path() / "a.flv", true);
  EXPECT_NE(file.open(), "");
}

}  // namespace
}  // namespace multiconn::origin
