#include <gtest/gtest.h>

#include "rtmp/adts.hpp"
#include "rtmp/av1_config.hpp"
#include "rtmp/avc_config.hpp"
#include "rtmp/golden.hpp"
#include "rtmp/hevc_config.hpp"
#include "rtmp/hex.hpp"
#include "rtmp/media_body.hpp"
#include "rtmp/nal_units.hpp"
#include "rtmp/vp_config.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::toHex;

std::vector<std::string> hexOf(const std::vector<BytesView>& units) {
  std::vector<std::string> all;
  for (const BytesView unit : units) all.push_back(toHex(unit));
  return all;
}

// First configuration record and first frame of a golden file.
struct Stream {
  Bytes config;
  Bytes frame;
};
Stream goldenVideo(const std::string& name) {
  Stream stream;
  for (const test::GoldenTag& tag : test::goldenTags(name)) {
    MediaBody body;
    if (tag.type != 9 || parseVideoBody(tag.body, body) != Error::none) continue;
    Bytes payload(body.payload.begin(), body.payload.end());
    if (body.packet == MediaBody::Packet::config && stream.config.empty()) stream.config = std::move(payload);
    if (body.packet == MediaBody::Packet::frames && stream.frame.empty()) stream.frame = std::move(payload);
  }
  return stream;
}

template <typename Type>
std::vector<BytesView> unitsOfType(const std::vector<BytesView>& units, Type type,
                                   std::uint8_t (*typeOf)(BytesView)) {
  std::vector<BytesView> found;
  for (const BytesView unit : units)
    if (typeOf(unit) == static_cast<std::uint8_t>(type)) found.push_back(unit);
  return found;
}

TEST(NalUnits, SplitsAnnexB) {
  const Bytes stream = hex("00000001 0910 000001 67aabb 0000 000001 68cc0000 00000001 65");
  EXPECT_EQ(hexOf(splitAnnexB(stream)), (std::vector<std::string>{"0910", "67aabb", "68cc", "65"}));
  EXPECT_TRUE(splitAnnexB(hex("0000000000")).empty());
  EXPECT_TRUE(splitAnnexB(hex("09 000001 67")).empty());
  EXPECT_TRUE(splitAnnexB({}).empty());
  EXPECT_TRUE(splitAnnexB(hex("00000001")).empty());
  const Bytes emulated = hex("000001 65 000003 01 000002");
  EXPECT_EQ(hexOf(splitAnnexB(emulated)), (std::vector<std::string>{"6500000301000002"}));
}

TEST(NalUnits, SplitsLengthPrefixed) {
  const Bytes four = hex("00000002 6742 00000001 68");
  EXPECT_EQ(hexOf(*splitLengthPrefixed(four, 4)), (std::vector<std::string>{"6742", "68"}));
  const Bytes two = hex("0002 6742 0000 0001 68");
  EXPECT_EQ(hexOf(*splitLengthPrefixed(two, 2)), (std::vector<std::string>{"6742", "68"}));
  const Bytes one = hex("02 6742 01 68");
  EXPECT_EQ(hexOf(*splitLengthPrefixed(one, 1)), (std::vector<std::string>{"6742", "68"}));
  for (const char* bad : {"", "0000", "00000003 6742", "00000002 6742 00", "ffffffff 67"})
    EXPECT_FALSE(splitLengthPrefixed(hex(bad), 4)) << bad;
}

TEST(NalUnits, JoinsAgain) {
  const Bytes stream = hex("00000001 6742 000001 68");
  EXPECT_EQ(toHex(joinLengthPrefixed(splitAnnexB(stream))), "0000000267420000000168");
}

TEST(NalUnits, EmulationPreventionIsRemoved) {
  EXPECT_EQ(toHex(withoutEmulationPrevention(hex("67 000003 00 000003 03 0003"))),
            "6700000000"
            "0003"
            "0003");
}

TEST(AvcConfig, IsWhatFfmpegWrites) {
  const Stream golden = goldenVideo("h264_annexb");
  const auto units = splitLengthPrefixed(golden.frame, 4);
  ASSERT_TRUE(units);
  const auto config = avcConfig(unitsOfType(*units, AvcNalType::sps, avcNalType),
                                unitsOfType(*units, AvcNalType::pps, avcNalType));
  ASSERT_TRUE(config);
  EXPECT_EQ(toHex(*config), toHex(golden.config));
  EXPECT_EQ(nalLengthSize(*config, false), 4U);
}

TEST(AvcConfig, BaselineHasNoColorFields) {
  const Bytes sps = hex("6742c01e da");
  const Bytes pps = hex("68ce3c80");
  EXPECT_EQ(toHex(*avcConfig({sps}, {pps})), "0142c01effe100056742c01eda01000468ce3c80");
}

TEST(AvcConfig, RefusesBadSets) {
  const Bytes pps = hex("68ce3c80");
  const Bytes tiny = hex("674200");
  const Bytes high_without_fields = hex("6764001e");
  EXPECT_FALSE(avcConfig({}, {pps}));
  EXPECT_FALSE(avcConfig({tiny}, {pps}));
  EXPECT_FALSE(avcConfig({high_without_fields}, {pps}));
  EXPECT_FALSE(avcConfig(std::vector<BytesView>(32, hex("6742c01eda")), {pps}));
}

TEST(AvcConfig, LengthSizes) {
  EXPECT_EQ(nalLengthSize(hex("0142c01e fd e1 00"), false), 2U);
  EXPECT_FALSE(nalLengthSize(hex("0142c01e fe e1 00"), false));
  EXPECT_FALSE(nalLengthSize(hex("0042c01e ff e1 00"), false));
  EXPECT_FALSE(nalLengthSize(hex("0142c01e"), false));
  EXPECT_EQ(nalLengthSize(goldenVideo("hevc").config, true), 4U);
  EXPECT_FALSE(nalLengthSize(hex("00000001 40010c01ffff01600000030090000003 0000030078"), true));
}

TEST(HevcConfig, IsWhatFfmpegWrites) {
  for (const char* name : {"hevc_annexb", "hevc_hdr10"}) {
    SCOPED_TRACE(name);
    const Stream golden = goldenVideo(name);
    const auto units = splitLengthPrefixed(golden.frame, 4);
    ASSERT_TRUE(units);
    const auto config = hevcConfig(unitsOfType(*units, HevcNalType::vps, hevcNalType),
                                   unitsOfType(*units, HevcNalType::sps, hevcNalType),
                                   unitsOfType(*units, HevcNalType::pps, hevcNalType));
    ASSERT_TRUE(config);
    EXPECT_EQ(toHex(BytesView(*config).first(22)), toHex(BytesView(golden.config).first(22)));
    if (std::string_view(name) == "hevc_annexb") {
      EXPECT_EQ(toHex(*config), toHex(golden.config));
    }
  }
}

TEST(HevcConfig, RefusesBadSets) {
  const Stream golden = goldenVideo("hevc_annexb");
  const auto units = splitLengthPrefixed(golden.frame, 4);
  const auto vps = unitsOfType(*units, HevcNalType::vps, hevcNalType);
  const auto sps = unitsOfType(*units, HevcNalType::sps, hevcNalType);
  const auto pps = unitsOfType(*units, HevcNalType::pps, hevcNalType);
  EXPECT_FALSE(hevcConfig({}, sps, pps));
  EXPECT_FALSE(hevcConfig(vps, {}, pps));
  for (std::size_t size = 0; size < 20; ++size)
    EXPECT_FALSE(hevcConfig(vps, {sps[0].first(size)}, pps)) << size;
}

TEST(ParameterSetIds, AreRead) {
  EXPECT_EQ(avcParameterSetId(hex("6742c01e da")), 0U);
  EXPECT_EQ(avcParameterSetId(hex("68 ce3c80")), 0U);
  EXPECT_EQ(avcParameterSetId(hex("68 5c")), 1U);
  EXPECT_FALSE(avcParameterSetId(hex("68")));
  const Stream golden = goldenVideo("hevc_annexb");
  const auto units = splitLengthPrefixed(golden.frame, 4);
  for (const BytesView unit : *units)
    if (hevcNalType(unit) >= 32 && hevcNalType(unit) <= 34) {
      EXPECT_EQ(hevcParameterSetId(unit), 0U);
    }
}

TEST(Av1Config, IsWhatFfmpegWrites) {
  const Stream golden = goldenVideo("av1");
  const auto config = av1Config(golden.frame);
  ASSERT_TRUE(config);
  EXPECT_EQ(toHex(*config), toHex(golden.config));
}

TEST(Av1Config, RewritesAnUnsizedSequenceHeader) {
  const auto config = av1Config(hex("1200 08 00000003b4fd936be401"));
  ASSERT_TRUE(config);
  EXPECT_EQ(toHex(*config), toHex(goldenVideo("av1").config));
}

TEST(Av1Config, NothingWithoutASequenceHeader) {
  EXPECT_FALSE(av1Config({}));
  EXPECT_FALSE(av1Config(hex("1200 3203 aabbcc")));
  EXPECT_FALSE(av1Config(hex("0a05 00000003")));
  EXPECT_FALSE(av1Config(hex("0a04 00000003")));
  EXPECT_FALSE(av1Config(hex("0affffffffffffffffff")));
  EXPECT_FALSE(av1Config(hex("8a00")));
}

TEST(Av1, TemporalDelimitersAreLeftOut) {
  EXPECT_TRUE(hasTemporalDelimiter(hex("1200 3201aa")));
  EXPECT_FALSE(hasTemporalDelimiter(hex("3201aa")));
  EXPECT_EQ(toHex(withoutTemporalDelimiters(hex("1200 3201aa 1200 30bbcc"))), "3201aa30bbcc");
  EXPECT_EQ(toHex(withoutTemporalDelimiters(hex("1200 327faa"))), "327faa");
}

TEST(VpConfig, Vp9IsWhatFfmpegWrites) {
  const Stream golden = goldenVideo("vp9");
  const auto config = vp9Config(golden.frame);
  ASSERT_TRUE(config);
  EXPECT_EQ(toHex(*config), toHex(golden.config));
}

TEST(VpConfig, Vp9Profiles) {
  // Profile 2, 10 bits, BT.2020, 1920x1080.
  EXPECT_EQ(toHex(*vp9Config(hex("92 498342 503bf821b8"))),
            "01000000"
            "0228"
            "a2"
            "0202"
            "09"
            "0000");
  EXPECT_FALSE(vp9Config(hex("86 004092f0a1250000")));
  EXPECT_FALSE(vp9Config(hex("82 498342 00")));
  EXPECT_FALSE(vp9Config({}));
}

TEST(VpConfig, Vp8) {
  EXPECT_EQ(toHex(*vp8Config(hex("301600 9d012a a0005a00"))),
            "01000000"
            "000a"
            "82"
            "020202"
            "0000");
  EXPECT_FALSE(vp8Config(hex("311600 9d012a a0005a00")));
  EXPECT_FALSE(vp8Config(hex("301600 9d012a")));
}

TEST(VpConfig, RecordGetsItsVersion) {
  EXPECT_EQ(toHex(*normalizedVpConfig(hex("000a820202020000"))), "01000000000a820202020000");
  EXPECT_EQ(toHex(*normalizedVpConfig(hex("01000000000a820202020000"))), "01000000000a820202020000");
  EXPECT_EQ(toHex(*normalizedVpConfig(hex("010a820202020000"))), "01000000010a820202020000");
  EXPECT_FALSE(normalizedVpConfig(hex("000a8202")));
  EXPECT_FALSE(normalizedVpConfig(hex("000a820202020009")));
}

TEST(Adts, TakesFramesApart) {
  const Bytes two = hex("fff15080 01 3f fc 2110 fff15080 01 3f fc 2120");
  const auto frames = splitAdts(two);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 2U);
  EXPECT_EQ(toHex((*frames)[0].audio_specific_config), "1210");
  EXPECT_EQ((*frames)[0].sample_rate, 44100U);
  EXPECT_EQ(toHex((*frames)[1].raw), "2120");
}

TEST(Adts, SkipsTheCrc) {
  const Bytes bytes = hex("fff05080 01 7f fc beef 2110");
  const auto frames = splitAdts(bytes);
  ASSERT_TRUE(frames);
  EXPECT_EQ(toHex(frames->front().raw), "2110");
}

TEST(Adts, CopiesAProgramConfig) {
  // ID_PCE, instance 0, LC, 44.1 kHz, one front channel pair, no mixdown, no comment.
  // 101 0000 01 0100 0001 0000 0000 00 000 0000 0 0 0 1 0000 | align | 00000000
  const auto frames = splitAdts(hex("fff15000 01 df fc a0 a0 80 00 02 00 00"));
  ASSERT_TRUE(frames);
  EXPECT_EQ(toHex(frames->front().audio_specific_config),
            "12000504000010"
            "00");
}

TEST(Adts, RefusesOtherBytes) {
  for (const char* bytes : {"", "2110", "fff15080013f", "fff15080 01 5f fc 2110", "fff1fc80 01 3f fc 2110",
                            "fff15080 01 3f fd 2110", "fff15080 01 3f fc 2110 00", "fff15080 00 1f fc 2110"})
    EXPECT_FALSE(splitAdts(hex(bytes))) << bytes;
}

}  // namespace
}  // namespace multiconn::rtmp
