#include "origin/flv_file.hpp"

#include <fstream>

#include "origin/origin_fixture.hpp"
#include "origin/recording_file.hpp"
#include "rtmp/flv.hpp"

namespace multiconn::origin {
namespace {

using test::TemporaryDirectory;

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
  const TemporaryDirectory folder;
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
  const TemporaryDirectory folder;
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
  const TemporaryDirectory folder;
  write(folder.path() / "text", rtmp::asBytes("this is a text file, and no FLV"));
  EXPECT_FALSE(FlvFile::open(folder.path() / "text"));
  EXPECT_FALSE(FlvFile::open(folder.path() / "missing"));
  EXPECT_FALSE(FlvFile::open(folder.path()));
}

TEST(RecordingFile, TakesItsNameWhenItIsWhole) {
  const TemporaryDirectory folder;
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

TEST(RecordingFile, LeavesNothingWhenItIsNotFinished) {
  const TemporaryDirectory folder;
  const auto target = folder.path() / "a.flv";
  {
    RecordingFile file(target, false);
    ASSERT_EQ(file.open(), "");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(RecordingFile, AppendsBehindTheLastWholeTag) {
  const TemporaryDirectory folder;
  const auto target = folder.path() / "a.flv";
  rtmp::Bytes old = sample();
  const std::size_t whole = old.size();
  old.resize(whole + 7, std::byte{8});  // the beginning of a tag that was never finished
  write(target, old);
  RecordingFile file(target, true);
  ASSERT_EQ(file.open(), "");
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

TEST(RecordingFile, DoesNotAppendToSomethingElse) {
  const TemporaryDirectory folder;
  write(folder.path() / "a.flv", rtmp::asBytes("somebody's diary"));
  RecordingFile file(folder.path() / "a.flv", true);
  EXPECT_NE(file.open(), "");
}

}  // namespace
}  // namespace multiconn::origin
