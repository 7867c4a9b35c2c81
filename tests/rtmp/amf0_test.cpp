#include "rtmp/amf0.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ostream>
#include <string>

#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::toHex;
using testing::ElementsAre;

struct Vector {
  std::string name;
  Bytes bytes;
  AmfValue value;
};
void PrintTo(const Vector& tested, std::ostream* out) {
  *out << tested.name;
}

AmfObject typed(std::string class_name, AmfObject object) {
  object.className(std::move(class_name));
  return object;
}

Bytes longString(std::uint8_t marker, std::size_t size) {
  Bytes bytes;
  ByteWriter(bytes).u8(marker).u32(static_cast<std::uint32_t>(size)).text(std::string(size, 'x'));
  return bytes;
}

// What both the decoder and the encoder have to agree with: laid out by hand from AMF0 2.2 to 2.18.
std::vector<Vector> vectors() {
  return {
      {"number", hex("00 400c000000000000"), 3.5},
      {"number_negative_zero", hex("00 8000000000000000"), -0.0},
      {"number_infinity", hex("00 7ff0000000000000"), std::numeric_limits<double>::infinity()},
      {"boolean_true", hex("01 01"), true},
      {"boolean_false", hex("01 00"), false},
      {"string", hex("02 0003 666f6f"), "foo"},
      {"string_empty", hex("02 0000"), ""},
      {"string_with_nul", hex("02 0003 610062"), std::string("a\0b", 3)},
      {"object_empty", hex("03 0000 09"), AmfObject{}},
      {"object", hex("03 0001 61 00 3ff0000000000000 0001 62 02 0001 78 0000 09"),
       AmfObject{{"a", 1}, {"b", "x"}}},
      {"object_nested", hex("03 0001 61 03 0001 62 05 0000 09 0000 09"),
       AmfObject{{"a", AmfObject{{"b", nullptr}}}}},
      {"object_empty_name", hex("03 0000 01 01 0000 09"), AmfObject{{"", true}}},
      {"null", hex("05"), nullptr},
      {"undefined", hex("06"), AmfValue{}},
      {"ecma_array", hex("08 00000002 0001 61 01 00 0001 62 05 0000 09"),
       AmfObject::ecmaArray({{"a", false}, {"b", nullptr}})},
      {"ecma_array_empty", hex("08 00000000 0000 09"), AmfObject::ecmaArray()},
      {"strict_array_empty", hex("0a 00000000"), AmfArray{}},
      {"strict_array", hex("0a 00000003 05 06 0a 00000001 01 01"),
       AmfArray{nullptr, AmfValue{}, AmfArray{true}}},
      {"date", hex("0b 4272c00000000000 ffc4"), AmfValue::Date{std::ldexp(0x12C, 32), -60}},
      {"long_string", longString(0x0C, 65536), std::string(65536, 'x')},
      {"unsupported", hex("0d"), AmfValue::Unsupported{}},
      {"xml", hex("0f 00000004 3c612f3e"), AmfValue::Xml{"<a/>"}},
      {"typed_object", hex("10 0003 466f6f 0001 61 05 0000 09"), typed("Foo", {{"a", nullptr}})},
  };
}

class Amf0Vector : public testing::TestWithParam<Vector> {};
INSTANTIATE_TEST_SUITE_P(Amf0, Amf0Vector, testing::ValuesIn(vectors()),
                         [](const auto& tested) { return tested.param.name; });

// A copy on the heap of exactly this size lets AddressSanitizer see any read beyond it.
Result<std::vector<AmfValue>> decode(BytesView bytes, const Limits& limits = {}) {
  const Bytes exact(bytes.begin(), bytes.end());
  return amf0::decode(exact, limits);
}

TEST_P(Amf0Vector, decodes) {
  const auto values = decode(GetParam().bytes);
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values, ElementsAre(GetParam().value));
}

TEST_P(Amf0Vector, encodes) {
  Bytes out = hex("ff");
  ASSERT_EQ(amf0::encode({&GetParam().value, 1}, out), Error::none);
  EXPECT_EQ(out.front(), std::byte{0xFF});
  EXPECT_EQ(toHex(BytesView(out).subspan(1)), toHex(GetParam().bytes));
}

// A prefix is refused, or is what an encoder without end markers means; and that is stable when encoded
// again.
TEST_P(Amf0Vector, everyPrefixIsRefusedOrShorter) {
  const BytesView whole = GetParam().bytes;
  const std::size_t step = whole.size() > 1000 ? 97 : 1;
  for (std::size_t size = 0; size < whole.size(); size += step) {
    const auto values = decode(whole.first(size));
    if (!values) {
      EXPECT_EQ(values.error(), Error::amf_truncated) << size;
      continue;
    }
    EXPECT_LE(values->size(), 1u);
    Bytes again;
    ASSERT_EQ(amf0::encode(*values, again), Error::none);
    const auto repeated = decode(again);
    ASSERT_TRUE(repeated);
    EXPECT_EQ(*repeated, *values) << size;
  }
}

TEST(Amf0, decodesEveryValueOfABody) {
  const auto values =
      decode(hex("02 0007 636f6e6e656374 00 3ff0000000000000 03 0003 617070 02 0004 6c697665 0000 09"));
  ASSERT_TRUE(values);
  EXPECT_THAT(*values, ElementsAre(AmfValue("connect"), AmfValue(1), AmfValue(AmfObject{{"app", "live"}})));
  EXPECT_TRUE(decode({})->empty());
}

TEST(Amf0, keepsNan) {
  const auto values = decode(hex("00 7ff8000000000001"));
  ASSERT_TRUE(values);
  EXPECT_TRUE(std::isnan(*values->front().number()));
}

TEST(Amf0, anyNonZeroBooleanIsTrue) {
  EXPECT_EQ(decode(hex("01 7f"))->front(), AmfValue(true));
}

TEST(Amf0, shortStringInLongFormIsAString) {
  EXPECT_EQ(decode(hex("0c 00000001 61"))->front(), AmfValue("a"));
}

struct Lenient {
  std::string name;
  std::string bytes;
  AmfValue value;
};
void PrintTo(const Lenient& tested, std::ostream* out) {
  *out << tested.name;
}

class Amf0Lenient : public testing::TestWithParam<Lenient> {};
INSTANTIATE_TEST_SUITE_P(
    Amf0, Amf0Lenient,
    testing::ValuesIn(std::vector<Lenient>{
        {"ecma_count_too_large", "08 ffffffff 0001 61 05 0000 09", AmfObject::ecmaArray({{"a", nullptr}})},
        {"ecma_count_zero", "08 00000000 0001 61 05 0000 09", AmfObject::ecmaArray({{"a", nullptr}})},
        {"object_without_end", "03 0001 61 05", AmfObject{{"a", nullptr}}},
        {"ecma_without_end", "08 00000001 0001 61 05", AmfObject::ecmaArray({{"a", nullptr}})},
        {"nested_without_ends", "03 0001 61 03 0001 62 05", AmfObject{{"a", AmfObject{{"b", nullptr}}}}},
        {"duplicate_name_last_wins", "03 0001 61 05 0001 62 06 0001 61 01 01 0001 61 01 00 0000 09",
         AmfObject{{"a", false}, {"b", AmfValue{}}}},
        {"duplicates_in_ecma", "08 00000002 0001 61 05 0001 61 01 01 0000 09",
         AmfObject::ecmaArray({{"a", true}})},
    }),
    [](const auto& tested) { return tested.param.name; });

TEST_P(Amf0Lenient, decodes) {
  const auto values = decode(hex(GetParam().bytes));
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values, ElementsAre(GetParam().value));
}

TEST(Amf0Reference, toAFinishedObjectIsACopy) {
  const auto values = decode(hex("0a 00000003 03 0001 61 05 0000 09 07 0001 05"));
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  const AmfObject shared{{"a", nullptr}};
  EXPECT_THAT(*values, ElementsAre(AmfValue(AmfArray{shared, shared, nullptr})));
}

TEST(Amf0Reference, tableSpansTheValuesOfOneBody) {
  const auto values = decode(hex("03 0000 09 08 00000000 0000 09 07 0001 07 0000"));
  ASSERT_TRUE(values);
  EXPECT_THAT(*values, ElementsAre(AmfValue(AmfObject{}), AmfValue(AmfObject::ecmaArray()),
                                   AmfValue(AmfObject::ecmaArray()), AmfValue(AmfObject{})));
}

TEST(Amf0Reference, toAnUnfinishedObjectStaysAReference) {
  const auto values = decode(hex("03 0004 73656c66 07 0000 0000 09 07 0000"));
  ASSERT_TRUE(values);
  const AmfObject self{{"self", AmfValue::Reference{0}}};
  EXPECT_THAT(*values, ElementsAre(AmfValue(self), AmfValue(self)));
  Bytes out = hex("aa");
  EXPECT_EQ(amf0::encode(*values, out), Error::amf_not_encodable);
  EXPECT_EQ(out, hex("aa"));
}

TEST(Amf0Reference, insideACopyMeansWhatItMeantAtFirst) {
  // 0: the array; 1: {}; 2: {a: ref 1}; then ref 2.
  const auto values = decode(hex("0a 00000003 03 0000 09 03 0001 61 07 0001 0000 09 07 0002"));
  ASSERT_TRUE(values);
  const AmfObject holder{{"a", AmfObject{}}};
  EXPECT_THAT(*values, ElementsAre(AmfValue(AmfArray{AmfObject{}, holder, holder})));
}

TEST(Amf0Reference, copiesAreChargedToTheLimits) {
  // Each array holds the one before it 16 times: 16^n values from n * 53 bytes.
  Bytes bytes = hex("0a 00000001 05");
  for (std::uint32_t level = 0; level < 8; ++level) {
    ByteWriter writer(bytes);
    writer.u8(0x0A).u32(16);
    for (int i = 0; i < 16; ++i) writer.u8(0x07).u16(level);
  }
  EXPECT_EQ(decode(bytes).error(), Error::amf_too_large);
  Limits generous;
  generous.amf_memory_constant = 1u << 30;
  EXPECT_EQ(decode(bytes, generous).error(), Error::amf_too_many_values);
}

struct Refused {
  std::string name;
  Bytes bytes;
  Error error;
};
void PrintTo(const Refused& tested, std::ostream* out) {
  *out << tested.name;
}

Bytes nested(std::string_view level, std::size_t depth) {
  const Bytes once = hex(level);
  Bytes bytes;
  for (std::size_t i = 0; i < depth; ++i) ByteWriter(bytes).bytes(once);
  return bytes;
}

Bytes strictArrayOf(std::uint32_t count, std::size_t size) {
  Bytes bytes;
  ByteWriter(bytes).u8(0x0A).u32(count);
  bytes.resize(bytes.size() + size, std::byte{0x05});
  return bytes;
}

std::vector<Refused> refusedVectors() {
  return {
      {"movie_clip", hex("04"), Error::amf_unsupported_marker},
      {"record_set", hex("0e"), Error::amf_unsupported_marker},
      {"avm_plus_without_value", hex("11"), Error::amf_truncated},
      {"object_end_alone", hex("09"), Error::amf_unknown_marker},
      {"marker_12", hex("12"), Error::amf_unknown_marker},
      {"marker_ff", hex("ff"), Error::amf_unknown_marker},
      {"string_longer_than_body", hex("02 ffff 61"), Error::amf_truncated},
      {"long_string_longer_than_body", hex("0c 7fffffff 61"), Error::amf_truncated},
      {"name_longer_than_body", hex("03 ffff 61"), Error::amf_truncated},
      {"name_without_value", hex("03 0001 61"), Error::amf_truncated},
      {"count_bomb", hex("0a ffffffff"), Error::amf_truncated},
      {"count_bomb_with_some", strictArrayOf(1000, 999), Error::amf_truncated},
      {"reference_to_nothing", hex("07 0000"), Error::amf_bad_reference},
      {"reference_to_later", hex("03 0001 61 07 0001 0000 09 03 0000 09"), Error::amf_bad_reference},
      {"reference_truncated", hex("03 0000 09 07 00"), Error::amf_truncated},
      {"object_bomb", nested("03 0001 61", 20000), Error::amf_too_deep},
      {"array_bomb", nested("0a 00000001", 20000), Error::amf_too_deep},
      {"typed_bomb", nested("10 0000 0000", 20000), Error::amf_too_deep},
      {"too_many_values", strictArrayOf(65536, 1 << 20), Error::amf_too_many_values},
  };
}

class Amf0Refused : public testing::TestWithParam<Refused> {};
INSTANTIATE_TEST_SUITE_P(Amf0, Amf0Refused, testing::ValuesIn(refusedVectors()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(Amf0Refused, withTheRightError) {
  const auto values = decode(GetParam().bytes);
  ASSERT_FALSE(values);
  EXPECT_EQ(make_error_code(values.error()).message(), make_error_code(GetParam().error).message());
}

TEST(Amf0Limits, depthIsExact) {
  Limits limits;
  limits.amf_depth = 3;
  EXPECT_TRUE(decode(hex("0a 00000001 0a 00000001 0a 00000001 05"), limits));
  EXPECT_EQ(decode(hex("0a 00000001 0a 00000001 0a 00000001 0a 00000000"), limits).error(),
            Error::amf_too_deep);
}

TEST(Amf0Limits, depthCountsThroughReferences) {
  Limits limits;
  limits.amf_depth = 3;
  EXPECT_TRUE(decode(hex("0a 00000001 0a 00000000  0a 00000001 07 0000"), limits));
  EXPECT_EQ(decode(hex("0a 00000001 0a 00000000  0a 00000001 0a 00000001 07 0000"), limits).error(),
            Error::amf_too_deep);
}

TEST(Amf0Limits, smallValuesMayNotTakeManyTimesTheMessage) {
  EXPECT_EQ(decode(strictArrayOf(60000, 60000)).error(), Error::amf_too_large);
  EXPECT_TRUE(decode(strictArrayOf(500, 500)));
}

TEST(Amf0Limits, aKeyframeIndexOfALongRecordingFits) {
  AmfArray times;
  for (int i = 0; i < 20000; ++i) times.push_back(i * 2.0);
  const std::vector<AmfValue> values{AmfObject::ecmaArray({{"keyframes", AmfObject{{"times", times}}}})};
  Bytes bytes;
  ASSERT_EQ(amf0::encode(values, bytes), Error::none);
  const auto decoded = decode(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, values);
}

TEST(Amf0Limits, manyEqualNamesStayCheap) {
  Bytes bytes = hex("03");
  for (int i = 0; i < 65000; ++i) {
    ByteWriter(bytes).u16(10).text("0123456789").u8(0x00).f64(i);
  }
  ByteWriter(bytes).u16(0).u8(9);
  const auto values = decode(bytes);
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values, ElementsAre(AmfValue(AmfObject{{"0123456789", 64999}})));
}

TEST(Amf0Encode, refusesWhatTheFormatCannotHold) {
  const AmfValue long_name = AmfObject{{std::string(65536, 'x'), nullptr}};
  const AmfValue long_class = typed(std::string(65536, 'x'), {});
  for (const AmfValue& value : {long_name, long_class, AmfValue(AmfArray{AmfValue::Reference{}})}) {
    const std::vector<AmfValue> values{"first", value};
    Bytes out = hex("0102");
    EXPECT_EQ(amf0::encode(values, out), Error::amf_not_encodable);
    EXPECT_EQ(out, hex("0102"));
  }
}

TEST(Amf0Encode, longestShortString) {
  const std::vector<AmfValue> values{std::string(65535, 'x')};
  Bytes out;
  ASSERT_EQ(amf0::encode(values, out), Error::none);
  EXPECT_EQ(out.front(), std::byte{0x02});
  EXPECT_EQ(out.size(), 65538u);
}

TEST(AmfObject, setReplacesAndKeepsThePlace) {
  AmfObject object{{"a", 1}, {"b", 2}, {"a", 3}};
  EXPECT_EQ(object, (AmfObject{{"a", 3}, {"b", 2}}));
  object.set("b", "two");
  object.erase("a");
  EXPECT_EQ(object.size(), 1u);
  EXPECT_EQ(object.stringOr("b", ""), "two");
  EXPECT_EQ(object.stringOr("a", "none"), "none");
  EXPECT_EQ(object.numberOr("b", 7), 7);
  EXPECT_EQ(object.find("a"), nullptr);
}

TEST(AmfValue, convertsWhatPeopleWrite) {
  EXPECT_TRUE(AmfValue(nullptr).isNull());
  EXPECT_TRUE(AmfValue().isUndefined());
  EXPECT_EQ(*AmfValue(7).number(), 7);
  EXPECT_EQ(*AmfValue(true).boolean(), true);
  EXPECT_EQ(*AmfValue("x").string(), "x");
  EXPECT_EQ(AmfValue(AmfArray{1, 2}).array()->size(), 2u);
  EXPECT_EQ(AmfValue("x").number(), nullptr);
  AmfValue nested = AmfObject{{"a", AmfObject{{"b", 1}}}};
  const AmfValue copy = nested;
  nested.object()->set("a", nullptr);
  EXPECT_NE(copy, nested);
  EXPECT_EQ(copy.object()->find("a")->object()->numberOr("b", 0), 1);
}

}  // namespace
}  // namespace multiconn::rtmp
