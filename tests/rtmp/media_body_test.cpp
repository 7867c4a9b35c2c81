#include "rtmp/media_body.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <map>
#include <sstream>
#include <string>

#include "rtmp/golden.hpp"
#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::toHex;
using Packet = MediaBody::Packet;

MediaBody video(std::string_view bytes) {
  static Bytes kept;
  kept = hex(bytes);
  MediaBody body;
  EXPECT_EQ(parseVideoBody(kept, body), Error::none) << bytes;
  return body;
}

MediaBody audio(std::string_view bytes) {
  static Bytes kept;
  kept = hex(bytes);
  MediaBody body;
  EXPECT_EQ(parseAudioBody(kept, body), Error::none) << bytes;
  return body;
}

Error videoError(std::string_view bytes) {
  MediaBody body;
  return parseVideoBody(hex(bytes), body);
}

Error audioError(std::string_view bytes) {
  MediaBody body;
  return parseAudioBody(hex(bytes), body);
}

std::string built(Codec codec, FrameKind kind, std::int32_t composition_ms, std::string_view data) {
  const Bytes bytes = hex(data);
  return toHex(buildMediaBody({codec, kind, composition_ms, bytes}));
}

TEST(MediaBody, ClassicAvc) {
  const MediaBody config = video("17 00 000000 01640028");
  EXPECT_EQ(config.codec, Codec::h264);
  EXPECT_EQ(config.packet, Packet::config);
  EXPECT_EQ(toHex(config.payload), "01640028");
  EXPECT_EQ(config.four_cc, 0U);

  const MediaBody frame = video("27 01 fffff6 0000000141");
  EXPECT_EQ(frame.packet, Packet::frames);
  EXPECT_EQ(frame.kind, FrameKind::inter);
  EXPECT_EQ(frame.composition_ms, -10);
  EXPECT_EQ(toHex(frame.payload), "0000000141");

  EXPECT_EQ(video("37 01 000000 00").kind, FrameKind::disposable);
  EXPECT_EQ(video("47 01 000000 00").kind, FrameKind::key);
  EXPECT_EQ(video("17 02 000000").packet, Packet::end);
}

TEST(MediaBody, ClassicAudio) {
  EXPECT_EQ(audio("af 00 1210").packet, Packet::config);
  EXPECT_EQ(audio("af 01 2110").packet, Packet::frames);
  EXPECT_EQ(audio("af 00").payload.size(), 0U);
  EXPECT_EQ(audio("2f fffb9064").codec, Codec::mp3);
  EXPECT_EQ(audio("ef fffb9064").codec, Codec::mp3);
  EXPECT_EQ(toHex(audio("2f fffb9064").payload), "fffb9064");
}

TEST(MediaBody, CodecsThatAreOnlyRelayed) {
  const MediaBody sorenson = video("12 000084");
  EXPECT_FALSE(sorenson.codec);
  EXPECT_EQ(sorenson.kind, FrameKind::key);
  EXPECT_EQ(toHex(sorenson.payload), "000084");
  EXPECT_FALSE(audio("b2 01").codec);
  const MediaBody vvc = video("a1 76766331 00000a 01");
  EXPECT_FALSE(vvc.codec);
  EXPECT_EQ(vvc.composition_ms, 10);
}

TEST(MediaBody, EnhancedVideo) {
  const MediaBody config = video("90 68766331 0101");
  EXPECT_EQ(config.codec, Codec::hevc);
  EXPECT_EQ(config.four_cc, 0x68766331U);
  EXPECT_EQ(config.packet, Packet::config);

  EXPECT_EQ(video("a1 68766331 ffffff 01").composition_ms, -1);
  EXPECT_EQ(video("a3 68766331 01").composition_ms, 0);
  EXPECT_EQ(toHex(video("91 61763031 0a0b").payload), "0a0b");
  EXPECT_EQ(toHex(video("91 76703039 8249").payload), "8249");
  EXPECT_EQ(toHex(video("91 76703038 1000").payload), "1000");
  EXPECT_EQ(video("91 61766331 000001 01").codec, Codec::h264);
  EXPECT_EQ(video("92 68766331").packet, Packet::end);
  EXPECT_EQ(video("95 61763031 80").packet, Packet::config);
  EXPECT_EQ(video("d4 68766331 020009").packet, Packet::metadata);
}

TEST(MediaBody, EnhancedAudio) {
  EXPECT_EQ(audio("90 4f707573 4f707573").packet, Packet::config);
  EXPECT_EQ(audio("91 664c6143 fff8").codec, Codec::flac);
  EXPECT_EQ(audio("91 61632d33 0b77").codec, Codec::ac3);
  EXPECT_EQ(audio("91 65632d33 0b77").codec, Codec::eac3);
  EXPECT_EQ(audio("91 2e6d7033 fffb").codec, Codec::mp3);
  EXPECT_EQ(audio("91 6d703461 21").codec, Codec::aac);
  EXPECT_EQ(audio("92 4f707573").packet, Packet::end);
  EXPECT_EQ(audio("94 4f707573 01 06 0000003f").packet, Packet::multichannel);
}

TEST(MediaBody, CommandFrames) {
  for (const char* bytes : {"57 00", "d0 00", "d1 01"}) {
    const MediaBody command = video(bytes);
    EXPECT_EQ(command.packet, Packet::command) << bytes;
    EXPECT_EQ(command.payload.size(), 1U);
  }
  EXPECT_EQ(videoError("57"), Error::media_truncated);
}

TEST(MediaBody, TimestampModifier) {
  const MediaBody frame = video("97 02 0f423f 03 68766331 aa");
  EXPECT_EQ(frame.nanosecond_offset, 999'999U);
  EXPECT_EQ(frame.packet, Packet::frames);
  EXPECT_EQ(toHex(frame.payload), "aa");
  // An unknown modifier is skipped; then one whose size is written in the long form.
  EXPECT_EQ(toHex(video("97 00 ee 17 02 000001 03 68766331 bb").payload), "bb");
  std::string long_form = "97 ff 00ff";
  for (int i = 0; i < 256; ++i) long_form += " 00";
  EXPECT_EQ(toHex(video(long_form + " 03 68766331 cc").payload), "cc");
  EXPECT_EQ(audio("97 02 000005 01 4f707573 dd").nanosecond_offset, 5U);
}

TEST(MediaBody, ModifiersWithoutEndAreRefused) {
  std::string endless = "97";
  for (int i = 0; i < 1000; ++i) endless += " 00 00 17";
  EXPECT_EQ(videoError(endless), Error::media_malformed);
}

TEST(MediaBody, Multitrack) {
  const MediaBody one = video("96 01 68766331 05 000002 aa");
  EXPECT_TRUE(one.multitrack);
  EXPECT_EQ(one.track, 5);
  EXPECT_EQ(one.codec, Codec::hevc);
  EXPECT_EQ(one.composition_ms, 2);
  EXPECT_EQ(toHex(one.payload), "aa");

  const MediaBody many = video("96 13 68766331 00 000002 aabb 01 000001 cc");
  EXPECT_EQ(many.track, 0);
  EXPECT_EQ(toHex(many.payload), "aabb");

  const MediaBody codecs = audio("95 21 4f707573 03 000001 aa 6d703461 04 000001 bb");
  EXPECT_EQ(codecs.codec, Codec::opus);
  EXPECT_EQ(codecs.track, 3);
  EXPECT_EQ(toHex(codecs.payload), "aa");

  EXPECT_EQ(videoError("96 06 68766331 00"), Error::media_malformed);
  EXPECT_EQ(videoError("96 31 68766331 00"), Error::media_malformed);
  EXPECT_EQ(videoError("96 11 68766331 00 ffffff aa"), Error::media_truncated);
}

TEST(MediaBody, MalformedBodies) {
  EXPECT_EQ(audioError(""), Error::media_truncated);
  EXPECT_EQ(audioError("af"), Error::media_truncated);
  EXPECT_EQ(audioError("af 02 00"), Error::media_malformed);
  EXPECT_EQ(audioError("91 4f70"), Error::media_truncated);
  EXPECT_EQ(audioError("93 4f707573"), Error::media_malformed);
  EXPECT_EQ(videoError(""), Error::media_truncated);
  EXPECT_EQ(videoError("17"), Error::media_truncated);
  EXPECT_EQ(videoError("17 01 0000"), Error::media_truncated);
  EXPECT_EQ(videoError("17 03 000000"), Error::media_malformed);
  EXPECT_EQ(videoError("91 687663"), Error::media_truncated);
  EXPECT_EQ(videoError("91 68766331 0000"), Error::media_truncated);
  EXPECT_EQ(videoError("98 68766331 0000"), Error::media_malformed);
}

TEST(MediaBody, BuildsTheClassicForm) {
  EXPECT_EQ(built(Codec::h264, FrameKind::config, 7, "0164"), "17000000000164");
  EXPECT_EQ(built(Codec::h264, FrameKind::key, 80, "65"), "170100005065");
  EXPECT_EQ(built(Codec::h264, FrameKind::inter, -1, "41"), "2701ffffff41");
  EXPECT_EQ(built(Codec::h264, FrameKind::disposable, 0, "01"), "270100000001");
  EXPECT_EQ(built(Codec::aac, FrameKind::config, 0, "1210"), "af001210");
  EXPECT_EQ(built(Codec::aac, FrameKind::key, 0, "21"), "af0121");
}

TEST(MediaBody, BuildsMp3FromItsOwnHeader) {
  EXPECT_EQ(built(Codec::mp3, FrameKind::key, 0, "fffb9064").substr(0, 2),
            "2f");  // MPEG-1, 44.1 kHz, joint stereo
  EXPECT_EQ(built(Codec::mp3, FrameKind::key, 0, "fffb94c4").substr(0, 2), "2e");  // MPEG-1, 48 kHz, mono
  EXPECT_EQ(built(Codec::mp3, FrameKind::key, 0, "fff390c4").substr(0, 2), "2a");  // MPEG-2, 22.05 kHz, mono
  EXPECT_EQ(built(Codec::mp3, FrameKind::key, 0, "ffe39044").substr(0, 2), "27");  // MPEG-2.5, 11.025 kHz
  EXPECT_EQ(built(Codec::mp3, FrameKind::key, 0, "ffe398c4").substr(0, 2), "22");  // MPEG-2.5, 8 kHz, mono
  EXPECT_EQ(built(Codec::mp3, FrameKind::key, 0, "00").substr(0, 2), "2f");
}

TEST(MediaBody, BuildsTheEnhancedForm) {
  EXPECT_EQ(built(Codec::hevc, FrameKind::config, 0, "01"), "906876633101");
  EXPECT_EQ(built(Codec::hevc, FrameKind::key, 0, "26"), "936876633126");
  EXPECT_EQ(built(Codec::hevc, FrameKind::inter, 40, "02"), "a16876633100002802");
  EXPECT_EQ(built(Codec::av1, FrameKind::key, 40, "0a"), "91617630310a");
  EXPECT_EQ(built(Codec::vp9, FrameKind::disposable, 0, "86"), "a17670303986");
  EXPECT_EQ(built(Codec::vp8, FrameKind::key, 0, "10"), "917670303810");
  EXPECT_EQ(built(Codec::opus, FrameKind::config, 0, "4f"), "904f7075734f");
  EXPECT_EQ(built(Codec::flac, FrameKind::key, 0, "ff"), "91664c6143ff");
  EXPECT_EQ(built(Codec::ac3, FrameKind::key, 0, "0b"), "9161632d330b");
  EXPECT_EQ(built(Codec::eac3, FrameKind::key, 0, "0b"), "9165632d330b");
}

TEST(MediaBody, CompositionTimeIsClampedTo24Bits) {
  EXPECT_EQ(built(Codec::h264, FrameKind::key, 0x7FFFFFFF, ""), "17017fffff");
  EXPECT_EQ(built(Codec::hevc, FrameKind::key, -0x7FFFFFFF, ""), "9168766331800000");
}

TEST(MediaBody, CodecNumbers) {
  EXPECT_EQ(metadataCodecId(Codec::h264), 7);
  EXPECT_EQ(metadataCodecId(Codec::aac), 10);
  EXPECT_EQ(metadataCodecId(Codec::mp3), 2);
  EXPECT_EQ(metadataCodecId(Codec::av1), 1635135537);
  EXPECT_EQ(metadataCodecId(Codec::opus), 1332770163);
  EXPECT_EQ(fourCc(Codec::hevc), 0x68766331U);
  EXPECT_EQ(fourCc(Codec::mp3), 0x2E6D7033U);
}

/// Only the last track of several ends where the body ends.
void expectPayloadWithin(BytesView bytes, const MediaBody& body) {
  const BytesView payload = body.payload;
  ASSERT_LT(payload.size(), bytes.size());
  EXPECT_GT(payload.data(), bytes.data());
  EXPECT_LE(payload.data() + payload.size(), bytes.data() + bytes.size());
  if (body.multitrack || body.packet == MediaBody::Packet::command) return;
  EXPECT_EQ(payload.data() + payload.size(), bytes.data() + bytes.size());
}

TEST(MediaBody, EveryPrefixOfGoldenTagsIsHarmless) {
  for (const std::string& name : test::goldenNames()) {
    for (const test::GoldenTag& tag : test::goldenTags(name)) {
      if (tag.type != 8 && tag.type != 9) continue;
      for (std::size_t size = 0; size < std::min<std::size_t>(tag.body.size(), 64); ++size) {
        const Bytes prefix(tag.body.begin(), tag.body.begin() + static_cast<std::ptrdiff_t>(size));
        SCOPED_TRACE(name + ": " + toHex(prefix));
        MediaBody body;
        const Error error = tag.type == 9 ? parseVideoBody(prefix, body) : parseAudioBody(prefix, body);
        if (error == Error::none) {
          expectPayloadWithin(prefix, body);
        } else {
          EXPECT_EQ(error, Error::media_truncated) << "a whole body is well-formed";
        }
        EXPECT_TRUE(size > 0 || error != Error::none);
      }
    }
  }
}

// ---- golden files ----

std::string md5(BytesView bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_md5(), nullptr);
  return toHex(std::as_bytes(std::span(digest, size)));
}

std::string listing(int stream, std::int64_t dts, const MediaBody& body) {
  std::ostringstream line;
  line << "{\"stream\":" << stream << ",\"dts_ms\":" << dts << ",\"pts_ms\":" << dts + body.composition_ms
       << ",\"size\":" << body.payload.size()
       << ",\"key\":" << (body.kind == FrameKind::key ? "true" : "false") << ",\"md5\":\""
       << md5(body.payload) << "\"}";
  return line.str();
}

std::vector<std::string> goldenListing(const std::string& name) {
  std::ifstream file(test::goldenFolder() / (name + ".packets.jsonl"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    if (line.find("dts_ms") != std::string::npos) lines.push_back(line);
  return lines;
}

// The number FFmpeg gives each stream: by the order in which the tracks appear.
class StreamNumbers {
 public:
  int of(const MediaBody& body) {
    return numbers_.emplace(std::pair(body.video, body.track), static_cast<int>(numbers_.size()))
        .first->second;
  }

 private:
  std::map<std::pair<bool, std::uint8_t>, int> numbers_;
};

TEST(MediaBodyGolden, FramesAreWhatFfmpegReads) {
  for (const std::string& name : test::goldenNames()) {
    SCOPED_TRACE(name);
    std::vector<std::string> lines;
    StreamNumbers streams;
    for (const test::GoldenTag& tag : test::goldenTags(name)) {
      if (tag.type == 18) continue;
      MediaBody body;
      ASSERT_EQ(tag.type == 9 ? parseVideoBody(tag.body, body) : parseAudioBody(tag.body, body), Error::none);
      ASSERT_TRUE(body.codec);
      const int stream = streams.of(body);
      if (body.packet == Packet::frames) lines.push_back(listing(stream, tag.timestamp, body));
    }
    EXPECT_EQ(lines, goldenListing(name));
  }
}

TEST(MediaBodyGolden, RebuiltTagsAreIdentical) {
  std::size_t rebuilt = 0;
  for (const std::string& name : test::goldenNames()) {
    SCOPED_TRACE(name);
    for (const test::GoldenTag& tag : test::goldenTags(name)) {
      if (tag.type == 18) continue;
      MediaBody body;
      ASSERT_EQ(tag.type == 9 ? parseVideoBody(tag.body, body) : parseAudioBody(tag.body, body), Error::none);
      // H.264, AAC and MP3 may come with a FourCC; we write the classic form.
      const bool own_form = (body.four_cc != 0) == (metadataCodecId(*body.codec) == fourCc(*body.codec));
      const bool plain = own_form && !body.multitrack && body.nanosecond_offset == 0;
      const bool ours = plain && (body.packet == Packet::frames || body.packet == Packet::config);
      if (!ours) continue;
      const FrameKind kind = body.packet == Packet::config ? FrameKind::config : body.kind;
      EXPECT_EQ(toHex(buildMediaBody({*body.codec, kind, body.composition_ms, body.payload})),
                toHex(tag.body));
      ++rebuilt;
    }
  }
  EXPECT_GT(rebuilt, 400U);
}

}  // namespace
}  // namespace multiconn::rtmp
