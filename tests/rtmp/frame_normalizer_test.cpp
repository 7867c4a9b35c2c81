#include "rtmp/frame_normalizer.hpp"

#include <gtest/gtest.h>

#include "rtmp/av1_config.hpp"
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
using namespace std::chrono_literals;

EncodedFrame frameOf(Codec codec, FrameKind kind, Bytes data, std::chrono::microseconds dts = 0us) {
  return {makePayload(std::move(data)), codec, kind, dts, dts};
}

EncodedFrame frameOf(Codec codec, FrameKind kind, std::string_view data) {
  return frameOf(codec, kind, hex(data));
}

std::vector<EncodedFrame> normalized(FrameNormalizer& normalizer, const EncodedFrame& frame) {
  std::vector<EncodedFrame> out;
  EXPECT_EQ(normalizer.normalize(frame, out), Error::none);
  return out;
}

Error errorOf(const EncodedFrame& frame) {
  FrameNormalizer normalizer;
  std::vector<EncodedFrame> out;
  const Error error = normalizer.normalize(frame, out);
  EXPECT_TRUE(out.empty());
  return error;
}

std::vector<std::string> described(const std::vector<EncodedFrame>& frames) {
  std::vector<std::string> all;
  for (const EncodedFrame& frame : frames)
    all.push_back((frame.kind == FrameKind::config ? "config " : "") + toHex(*frame.data));
  return all;
}

using Described = std::vector<std::string>;

constexpr const char* avcc = "0142c01effe100056742c01eda01000468ce3c80";

TEST(FrameNormalizer, LengthPrefixedPassesWithoutACopy) {
  FrameNormalizer normalizer;
  EXPECT_EQ(normalized(normalizer, frameOf(Codec::h264, FrameKind::config, avcc)).size(), 1U);
  const EncodedFrame frame = frameOf(Codec::h264, FrameKind::key, "00000002 6588 00000005 6742c01edb");
  const auto out = normalized(normalizer, frame);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].data, frame.data);
}

TEST(FrameNormalizer, ConfigIsNotRepeated) {
  FrameNormalizer normalizer;
  const EncodedFrame config = frameOf(Codec::h264, FrameKind::config, avcc);
  EXPECT_EQ(normalized(normalizer, config).size(), 1U);
  EXPECT_TRUE(normalized(normalizer, config).empty());
  EXPECT_EQ(normalized(normalizer,
                       frameOf(Codec::h264, FrameKind::config, "0142c01fffe100056742c01fda01000468ce3c80"))
                .size(),
            1U);
}

TEST(FrameNormalizer, NothingBeforeTheConfig) {
  for (const Codec codec :
       {Codec::h264, Codec::hevc, Codec::aac, Codec::av1, Codec::vp8, Codec::vp9, Codec::flac}) {
    FrameNormalizer normalizer;
    EXPECT_TRUE(normalized(normalizer, frameOf(codec, FrameKind::inter, "00000002 0102")).empty())
        << name(codec);
  }
  for (const Codec codec : {Codec::mp3, Codec::ac3, Codec::eac3, Codec::opus}) {
    FrameNormalizer normalizer;
    EXPECT_EQ(normalized(normalizer, frameOf(codec, FrameKind::key, "0102")).size(), 1U) << name(codec);
  }
}

TEST(FrameNormalizer, AnnexBIsConvertedAndKeepsEveryUnit) {
  FrameNormalizer normalizer;
  EXPECT_TRUE(normalized(normalizer, frameOf(Codec::h264, FrameKind::inter, "00000001 41aa")).empty());
  const auto out = normalized(
      normalizer,
      frameOf(Codec::h264, FrameKind::key, "00000001 0910 000001 6742c01eda 000001 68ce3c80 000001 6588"));
  EXPECT_EQ(described(out), (Described{std::string("config ") + avcc,
                                       "000000020910000000056742c01eda0000000468ce3c80000000026588"}));
  EXPECT_EQ(described(normalized(normalizer, frameOf(Codec::h264, FrameKind::inter, "000001 41aa"))),
            (Described{"0000000241aa"}));
}

TEST(FrameNormalizer, ChangedParameterSetsMakeANewConfig) {
  FrameNormalizer normalizer;
  const char* first = "000001 6742c01eda 000001 68ce3c80 000001 6588";
  EXPECT_EQ(normalized(normalizer, frameOf(Codec::h264, FrameKind::key, first)).size(), 2U);
  EXPECT_EQ(normalized(normalizer, frameOf(Codec::h264, FrameKind::key, first)).size(), 1U);
  const auto changed = normalized(
      normalizer, frameOf(Codec::h264, FrameKind::key, "000001 6742c01fda 000001 68ce3c80 000001 6588"));
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(toHex(*changed[0].data), "0142c01fffe100056742c01fda01000468ce3c80");
  // A second picture parameter set joins the first.
  const auto added = normalized(normalizer, frameOf(Codec::h264, FrameKind::inter, "000001 685c 000001 41"));
  ASSERT_EQ(added.size(), 2U);
  EXPECT_EQ(toHex(*added[0].data), "0142c01fffe100056742c01fda02000468ce3c800002685c");
}

// Sequence headers of 160x90 and 144x90.
constexpr const char* av1_header = "0a0a 00000003b4fd936be401";
constexpr const char* narrower_av1_header = "0a0a 00000003b47d936be401";

Described av1Out(FrameNormalizer& normalizer, std::string_view data, FrameKind kind = FrameKind::key) {
  return described(normalized(normalizer, frameOf(Codec::av1, kind, data)));
}

std::string configOf(const char* av1_data) {
  return "config " + toHex(*av1Config(hex(av1_data)));
}

TEST(FrameNormalizer, AChangedAv1SequenceHeaderMakesANewConfig) {
  const std::string frame = toHex(hex(av1_header)), narrower = toHex(hex(narrower_av1_header));
  for (const bool given : {false, true}) {
    SCOPED_TRACE(given);
    FrameNormalizer normalizer;
    if (given) normalized(normalizer, frameOf(Codec::av1, FrameKind::config, *av1Config(hex(av1_header))));
    EXPECT_EQ(av1Out(normalizer, av1_header),
              given ? Described{frame} : (Described{configOf(av1_header), frame}));
    EXPECT_EQ(av1Out(normalizer, av1_header), Described{frame});
    EXPECT_EQ(av1Out(normalizer, "3201aa"), Described{"3201aa"}) << "no header";
    EXPECT_EQ(av1Out(normalizer, "3201aa", FrameKind::inter), Described{"3201aa"});
    EXPECT_EQ(av1Out(normalizer, narrower_av1_header), (Described{configOf(narrower_av1_header), narrower}));
    EXPECT_EQ(av1Out(normalizer, narrower_av1_header), Described{narrower});
    EXPECT_EQ(av1Out(normalizer, av1_header), (Described{configOf(av1_header), frame}));
  }
}

TEST(FrameNormalizer, AnAv1RecordGivenForAnotherHeaderGivesWay) {
  FrameNormalizer normalizer;
  normalized(normalizer, frameOf(Codec::av1, FrameKind::config, *av1Config(hex(av1_header))));
  EXPECT_EQ(av1Out(normalizer, narrower_av1_header).at(0), configOf(narrower_av1_header));
}

TEST(FrameNormalizer, AnAv1RecordGivenWithoutAHeaderStandsUntilTheHeaderChanges) {
  FrameNormalizer normalizer;
  EXPECT_EQ(normalized(normalizer, frameOf(Codec::av1, FrameKind::config, "81000c00")).size(), 1U);
  EXPECT_EQ(av1Out(normalizer, av1_header).size(), 1U);
  EXPECT_EQ(av1Out(normalizer, narrower_av1_header).at(0), configOf(narrower_av1_header));
}

TEST(FrameNormalizer, AChangedVp9ProfileMakesANewConfig) {
  // Profile 0, BT.709, 160x90; profile 2, 10 bits, BT.2020, 1920x1080.
  constexpr const char* profile_0 = "82 498342 4009f00590";
  constexpr const char* profile_2 = "92 498342 503bf821b8";
  for (const bool given : {false, true}) {
    SCOPED_TRACE(given);
    FrameNormalizer normalizer;
    const auto out = [&](const char* data) {
      return described(normalized(normalizer, frameOf(Codec::vp9, FrameKind::key, data)));
    };
    // A level that the frames do not tell.
    if (given) normalized(normalizer, frameOf(Codec::vp9, FrameKind::config, "001e820202020000"));
    EXPECT_EQ(out(profile_0).size(), given ? 1U : 2U);
    EXPECT_EQ(out(profile_0).size(), 1U);
    EXPECT_EQ(out(profile_2),
              (Described{"config " + toHex(*vp9Config(hex(profile_2))), toHex(hex(profile_2))}));
    EXPECT_EQ(out(profile_2).size(), 1U);
  }
}

TEST(FrameNormalizer, AnnexBParameterSetsAsConfig) {
  FrameNormalizer normalizer;
  EXPECT_EQ(described(normalized(normalizer, frameOf(Codec::h264, FrameKind::config,
                                                     "00000001 6742c01eda 00000001 68ce3c80"))),
            (Described{std::string("config ") + avcc}));
  EXPECT_EQ(described(normalized(normalizer, frameOf(Codec::h264, FrameKind::key, "00000001 6588"))),
            (Described{"000000026588"}));
}

TEST(FrameNormalizer, AnnexBFramesAfterARecord) {
  FrameNormalizer normalizer;
  normalized(normalizer,
             frameOf(Codec::h264, FrameKind::config, "0142c01e fd e100056742c01eda01000468ce3c80"));
  EXPECT_EQ(described(normalized(normalizer, frameOf(Codec::h264, FrameKind::key, "00000001 6588"))),
            (Described{std::string("config ") + avcc, "000000026588"}));
}

TEST(FrameNormalizer, UnitsWhoseLengthLooksLikeAStartCode) {
  FrameNormalizer length_prefixed;
  normalized(length_prefixed, frameOf(Codec::h264, FrameKind::config, avcc));
  Bytes frame = hex("00000141");
  frame.resize(4 + 0x141, std::byte{0x55});
  EXPECT_EQ(*normalized(length_prefixed, frameOf(Codec::h264, FrameKind::inter, frame)).at(0).data, frame);

  FrameNormalizer annex_b;
  normalized(annex_b, frameOf(Codec::h264, FrameKind::config, "000001 6742c01eda 000001 68ce3c80"));
  const auto out = normalized(annex_b, frameOf(Codec::h264, FrameKind::inter, frame));
  EXPECT_EQ(out.at(0).data->size(), 4U + 0x142U);
}

TEST(FrameNormalizer, LengthPrefixedParameterSetsServeWhenNoRecordWasGiven) {
  FrameNormalizer normalizer;
  const auto out = normalized(normalizer, frameOf(Codec::h264, FrameKind::key,
                                                  "00000005 6742c01eda 00000004 68ce3c80 00000002 6588"));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(toHex(*out[0].data), avcc);
}

TEST(FrameNormalizer, UnreferencedPicturesAreDisposable) {
  FrameNormalizer normalizer;
  normalized(normalizer, frameOf(Codec::h264, FrameKind::config, avcc));
  const auto kindOf = [&](FrameKind kind, std::string_view data) {
    return normalized(normalizer, frameOf(Codec::h264, kind, data)).at(0).kind;
  };
  EXPECT_EQ(kindOf(FrameKind::inter, "00000002 0910 00000002 01aa"), FrameKind::disposable);
  EXPECT_EQ(kindOf(FrameKind::inter, "00000002 0910 00000002 41aa 00000002 01aa"), FrameKind::inter);
  EXPECT_EQ(kindOf(FrameKind::inter, "00000002 0910"), FrameKind::inter);
  EXPECT_EQ(kindOf(FrameKind::key, "00000002 01aa"), FrameKind::key);
  EXPECT_EQ(kindOf(FrameKind::inter, "00000001 01aa"), FrameKind::disposable);
}

TEST(FrameNormalizer, AdtsBecomesRaw) {
  FrameNormalizer normalizer;
  const auto out = normalized(normalizer, frameOf(Codec::aac, FrameKind::key,
                                                  hex("fff15080 01 3f fc 2110 fff15080 01 3f fc 2120"), 1s));
  EXPECT_EQ(described(out), (Described{"config 1210", "2110", "2120"}));
  EXPECT_EQ(out[1].dts, 1s);
  EXPECT_EQ(out[2].dts, 1s + 23219us);
  EXPECT_EQ(described(normalized(normalizer, frameOf(Codec::aac, FrameKind::key, "fff14c80 01 3f fc 2130"))),
            (Described{"config 1190", "2130"}));
}

TEST(FrameNormalizer, AGivenAacConfigStays) {
  FrameNormalizer normalizer;
  normalized(normalizer, frameOf(Codec::aac, FrameKind::config, "2b920800"));
  EXPECT_EQ(described(normalized(normalizer, frameOf(Codec::aac, FrameKind::key, "fff15080 01 3f fc 2110"))),
            (Described{"2110"}));
}

TEST(FrameNormalizer, FlacConfigIsMarked) {
  const Bytes stream_info(34, std::byte{7});
  Bytes marked = hex("664c6143 80000022");
  marked.insert(marked.end(), stream_info.begin(), stream_info.end());
  for (const Bytes& given : {stream_info, marked}) {
    FrameNormalizer normalizer;
    EXPECT_EQ(*normalized(normalizer, frameOf(Codec::flac, FrameKind::config, given)).at(0).data, marked);
  }
}

TEST(FrameNormalizer, ConfigsThatCannotBe) {
  EXPECT_EQ(errorOf(frameOf(Codec::flac, FrameKind::config, "0000")), Error::media_malformed);
  EXPECT_EQ(errorOf(frameOf(Codec::opus, FrameKind::config, "0000")), Error::media_malformed);
  EXPECT_EQ(errorOf(frameOf(Codec::aac, FrameKind::config, "12")), Error::media_malformed);
  EXPECT_EQ(errorOf(frameOf(Codec::h264, FrameKind::config, "0164")), Error::media_malformed);
  EXPECT_EQ(errorOf(frameOf(Codec::vp9, FrameKind::config, "01")), Error::media_malformed);
  EXPECT_EQ(errorOf(frameOf(Codec::av1, FrameKind::config, "0012")), Error::media_malformed);
  EXPECT_EQ(errorOf(frameOf(Codec::mp3, FrameKind::config, "0012")), Error::none);
  EXPECT_EQ(errorOf(frameOf(Codec::aac, FrameKind::key, "")), Error::media_malformed);
  EXPECT_EQ(errorOf({nullptr, Codec::aac, FrameKind::key, {}, {}}), Error::media_malformed);
}

TEST(FrameNormalizer, AnotherCodecBeginsAnew) {
  FrameNormalizer normalizer;
  normalized(normalizer, frameOf(Codec::h264, FrameKind::config, avcc));
  EXPECT_TRUE(normalized(normalizer, frameOf(Codec::hevc, FrameKind::key, "00000002 2601")).empty());
}

// ---- golden files: what FFmpeg wrote must come out again from the same frames in other clothes ----

std::vector<EncodedFrame> goldenVideo(const std::string& file) {
  std::vector<EncodedFrame> frames;
  for (const test::GoldenTag& tag : test::goldenTags(file)) {
    MediaBody body;
    if (tag.type != 9 || parseVideoBody(tag.body, body) != Error::none ||
        body.packet > MediaBody::Packet::frames)
      continue;
    const bool config = body.packet == MediaBody::Packet::config;
    frames.push_back(frameOf(*body.codec, config ? FrameKind::config : body.kind,
                             Bytes(body.payload.begin(), body.payload.end())));
  }
  return frames;
}

EncodedFrame asAnnexB(const EncodedFrame& frame) {
  Bytes stream;
  const auto units = splitLengthPrefixed(*frame.data, 4);
  for (const BytesView unit : *units) ByteWriter(stream).u32(1).bytes(unit);
  return frameOf(frame.codec, frame.kind, std::move(stream));
}

TEST(FrameNormalizerGolden, AnnexBComesOutAsFfmpegWroteIt) {
  for (const char* file : {"h264_annexb", "hevc_annexb"}) {
    SCOPED_TRACE(file);
    const std::vector<EncodedFrame> golden = goldenVideo(file);
    FrameNormalizer normalizer;
    std::vector<EncodedFrame> out;
    for (const EncodedFrame& frame : golden) {
      if (frame.kind != FrameKind::config) {
        EXPECT_EQ(normalizer.normalize(asAnnexB(frame), out), Error::none);
      }
    }
    EXPECT_EQ(described(out), described(golden));
  }
}

TEST(FrameNormalizerGolden, ChangedHevcParameterSetsMakeANewConfig) {
  const std::vector<EncodedFrame> golden = goldenVideo("hevc_annexb");
  const EncodedFrame key = asAnnexB(golden.at(1));
  Bytes changed;
  std::string changed_set;
  const auto units = splitLengthPrefixed(*golden.at(1).data, 4);
  for (const BytesView unit : *units) {
    Bytes copy(unit.begin(), unit.end());
    if (hevcNalType(unit) == static_cast<std::uint8_t>(HevcNalType::pps)) {
      copy.at(copy.size() - 2) ^= std::byte{1};
      changed_set = toHex(copy);
    }
    ByteWriter(changed).u32(1).bytes(copy);
  }
  const EncodedFrame other_key = frameOf(Codec::hevc, FrameKind::key, changed);
  FrameNormalizer normalizer;
  EXPECT_EQ(normalized(normalizer, key).size(), 2U);
  EXPECT_EQ(normalized(normalizer, key).size(), 1U);
  const auto out = described(normalized(normalizer, other_key));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_TRUE(out[0].starts_with("config "));
  EXPECT_NE(out[0].find(changed_set), std::string::npos);
  EXPECT_EQ(normalized(normalizer, other_key).size(), 1U);
  EXPECT_EQ(described(normalized(normalizer, key)).at(0), "config " + toHex(*golden.at(0).data));
}

TEST(FrameNormalizerGolden, RecordsAreFoundInTheStream) {
  for (const char* file : {"av1", "vp9"}) {
    SCOPED_TRACE(file);
    const std::vector<EncodedFrame> golden = goldenVideo(file);
    FrameNormalizer normalizer;
    std::vector<EncodedFrame> out;
    for (const EncodedFrame& frame : golden) {
      if (frame.kind == FrameKind::config) continue;
      Bytes data = frame.codec == Codec::av1 ? hex("1200") : Bytes();
      data.insert(data.end(), frame.data->begin(), frame.data->end());
      EXPECT_EQ(normalizer.normalize(frameOf(frame.codec, frame.kind, std::move(data)), out), Error::none);
    }
    EXPECT_EQ(described(out), described(golden));
  }
}

TEST(FrameNormalizerGolden, FramesOfFlvPassUnchanged) {
  for (const std::string& file : test::goldenNames()) {
    SCOPED_TRACE(file);
    if (file.find("two") != std::string::npos || file.find("h264_av1") != std::string::npos) continue;
    const std::vector<EncodedFrame> golden = goldenVideo(file);
    FrameNormalizer normalizer;
    std::vector<EncodedFrame> out;
    for (const EncodedFrame& frame : golden) EXPECT_EQ(normalizer.normalize(frame, out), Error::none);
    EXPECT_EQ(described(out), described(golden));
  }
}

}  // namespace
}  // namespace multiconn::rtmp
