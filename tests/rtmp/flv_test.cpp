#include "rtmp/flv.hpp"

#include <gtest/gtest.h>

#include "rtmp/golden.hpp"
#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::toHex;

Bytes fileOf(const std::vector<test::GoldenTag>& tags) {
  Bytes file = flvHeader(true, true);
  for (const test::GoldenTag& tag : tags) appendFlvTag({tag.type, tag.timestamp, tag.body}, file);
  return file;
}

Error errorOf(BytesView file) {
  FlvReader reader{Limits{}};
  reader.append(file);
  while (reader.next()) {
  }
  return reader.error();
}

TEST(Flv, WritesHeaderAndTag) {
  EXPECT_EQ(toHex(flvHeader(true, true)), "464c5601050000000900000000");
  EXPECT_EQ(toHex(flvHeader(true, false)), "464c5601040000000900000000");
  Bytes out;
  appendFlvTag({8, 0x12345678, hex("af00 1210")}, out);
  EXPECT_EQ(toHex(out), toHex(hex("08 000004 345678 12 000000 af001210 0000000f")));
}

TEST(Flv, GoldenFilesAreReadAndWrittenBackIdentically) {
  ASSERT_GE(test::goldenNames().size(), 20U);
  for (const std::string& name : test::goldenNames()) {
    SCOPED_TRACE(name);
    const Bytes file = test::goldenFile(name);
    const std::vector<test::GoldenTag> tags = test::tagsOf(file);
    Bytes rebuilt(file.begin(), file.begin() + 13);
    for (const test::GoldenTag& tag : tags) appendFlvTag({tag.type, tag.timestamp, tag.body}, rebuilt);
    EXPECT_EQ(rebuilt, file);
  }
}

TEST(Flv, ReadsAFileThatComesByteByByte) {
  const Bytes file = fileOf({{18, 0, hex("0200")}, {9, 0xFFFFFFFF, hex("17 00 000000")}, {8, 40, {}}});
  FlvReader reader{Limits{}};
  std::vector<std::uint32_t> timestamps;
  for (const std::byte b : file) {
    reader.append({&b, 1});
    while (const auto tag = reader.next()) timestamps.push_back(tag->timestamp);
  }
  EXPECT_EQ(timestamps, (std::vector<std::uint32_t>{0, 0xFFFFFFFF, 40}));
  EXPECT_EQ(reader.error(), Error::none);
}

TEST(Flv, LastTagNeedsNoBackPointer) {
  Bytes file = fileOf({{8, 7, hex("af01 21")}});
  file.resize(file.size() - 4);
  EXPECT_EQ(test::tagsOf(file).size(), 1U);
}

TEST(Flv, LongerHeaderIsSkipped) {
  Bytes file = hex("464c5601 05 0000000b aabb 00000000 08 000001 000000 00 000000 af 0000000c");
  EXPECT_EQ(test::tagsOf(file).size(), 1U);
}

TEST(Flv, RefusesWhatIsNoFlv) {
  EXPECT_EQ(errorOf(asBytes("<html><body>")), Error::flv_malformed);
  EXPECT_EQ(errorOf(hex("464c5601 05 00000008")), Error::flv_malformed);
  EXPECT_EQ(errorOf(hex("464c5601 05 7fffffff")), Error::flv_malformed);
  EXPECT_EQ(errorOf(hex("464c5601 05 00000009 00000000 28 000001 000000 00 000000")), Error::flv_malformed);
}

TEST(Flv, RefusesTagsAboveTheLimits) {
  EXPECT_EQ(errorOf(hex("464c5601 05 00000009 00000000 09 ffffff 000000 00 000000")),
            Error::message_too_large);
  EXPECT_EQ(errorOf(hex("464c5601 05 00000009 00000000 12 200000 000000 00 000000")),
            Error::message_too_large);
  EXPECT_EQ(errorOf(hex("464c5601 05 00000009 00000000 09 200000 000000 00 000000")), Error::none);
}

}  // namespace
}  // namespace multiconn::rtmp
