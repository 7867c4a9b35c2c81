#include "rtmp/amf3.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ostream>
#include <string>

#include "rtmp/amf0.hpp"
#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::toHex;
using testing::ElementsAre;

struct Row {
  std::string name;
  std::string bytes;
  AmfValue value;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}
const auto nameOf = [](const auto& row) { return row.param.name; };

AmfObject typed(std::string class_name, AmfObject object) {
  object.className(std::move(class_name));
  return object;
}

AmfValue::ByteArray byteArray(std::string_view text) {
  return {hex(text)};
}

using Kind = AmfValue::Vector::Kind;

// What both the decoder and the encoder have to agree with: laid out by hand from AMF3 1.3 and 3.2 to 3.16.
std::vector<Row> rows() {
  return {
      {"undefined", "00", AmfValue{}},
      {"null", "01", nullptr},
      {"boolean_false", "02", false},
      {"boolean_true", "03", true},
      {"integer_zero", "04 00", 0},
      {"integer_of_one_byte", "04 7f", 0x7F},
      {"integer_of_two_bytes", "04 8100", 0x80},
      {"integer_of_two_bytes_largest", "04 ff7f", 0x3FFF},
      {"integer_of_three_bytes", "04 818000", 0x4000},
      {"integer_of_three_bytes_largest", "04 ffff7f", 0x1FFFFF},
      {"integer_of_four_bytes", "04 80c08000", 0x200000},
      {"integer_largest", "04 bfffffff", 0xFFFFFFF},
      {"integer_minus_one", "04 ffffffff", -1},
      {"integer_smallest", "04 c0808000", -0x10000000},
      {"number_above_the_integers", "05 41b0000000000000", 0x10000000},
      {"number_below_the_integers", "05 c1b0000001000000", -0x10000001},
      {"number", "05 400c000000000000", 3.5},
      {"number_negative_zero", "05 8000000000000000", -0.0},
      {"number_infinity", "05 7ff0000000000000", std::numeric_limits<double>::infinity()},
      {"string", "06 07 666f6f", "foo"},
      {"string_empty", "06 01", ""},
      {"string_with_nul", "06 07 610062", std::string("a\0b", 3)},
      {"xml_document", "07 09 3c612f3e", AmfValue::Xml{"<a/>"}},
      {"date", "08 01 4272c00000000000", AmfValue::Date{std::ldexp(0x12C, 32), 0}},
      {"array_empty", "09 01 01", AmfArray{}},
      {"array", "09 05 01 01 09 03 01 03", AmfArray{nullptr, AmfArray{true}}},
      {"array_with_names", "09 01 03 61 04 01 03 62 01 01", AmfObject::ecmaArray({{"a", 1}, {"b", nullptr}})},
      {"object_empty", "0a 0b 01 01", AmfObject{}},
      {"object", "0a 0b 01 03 61 04 01 03 62 06 03 78 01", AmfObject{{"a", 1}, {"b", "x"}}},
      {"object_typed", "0a 0b 07 466f6f 03 61 01 01", typed("Foo", {{"a", nullptr}})},
      {"byte_array", "0c 07 00ff01", byteArray("00ff01")},
      {"byte_array_empty", "0c 01", AmfValue::ByteArray{}},
      {"vector_int", "0d 07 01 00000001 ffffffff 80000000",
       AmfValue::Vector{Kind::integers, true, "", {1, -1, -2147483648.0}}},
      {"vector_uint", "0e 05 00 00000001 ffffffff",
       AmfValue::Vector{Kind::unsigned_integers, false, "", {1, 4294967295.0}}},
      {"vector_double", "0f 03 00 3ff8000000000000", AmfValue::Vector{Kind::doubles, false, "", {1.5}}},
      {"vector_object", "10 05 00 07 466f6f 0a 0b 01 01 01",
       AmfValue::Vector{Kind::objects, false, "Foo", {AmfObject{}, nullptr}}},
      {"vector_empty", "10 01 01 01", AmfValue::Vector{Kind::objects, true, "", {}}},
      {"dictionary", "11 05 01 06 03 61 04 01 0a 0b 01 01 03",
       AmfValue::Dictionary{true, {"a", AmfObject{}}, {1, true}}},
      {"dictionary_empty", "11 01 00", AmfValue::Dictionary{}},
  };
}

// A copy on the heap of exactly this size lets AddressSanitizer see any read beyond it.
Result<std::vector<AmfValue>> decode(BytesView bytes, const Limits& limits = {}) {
  const Bytes exact(bytes.begin(), bytes.end());
  return amf3::decode(exact, limits);
}

class Amf3Vector : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(Amf3, Amf3Vector, testing::ValuesIn(rows()), nameOf);

TEST_P(Amf3Vector, decodes) {
  const auto values = decode(hex(GetParam().bytes));
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values, ElementsAre(GetParam().value));
}

TEST_P(Amf3Vector, encodes) {
  Bytes out = hex("ff");
  ASSERT_EQ(amf3::encode(GetParam().value, out), Error::none);
  EXPECT_EQ(toHex(out), "ff" + toHex(hex(GetParam().bytes)));
}

TEST_P(Amf3Vector, everyPrefixIsRefused) {
  const Bytes whole = hex(GetParam().bytes);
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(decode(BytesView(whole).first(size)).error(), Error::amf_truncated) << size;
}

TEST_P(Amf3Vector, switchesAmf0) {
  Bytes body = hex("02 0001 61 11");
  ByteWriter(body).bytes(hex(GetParam().bytes)).bytes(hex("01 01"));
  const auto values = amf0::decode(body, Limits{});
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values, ElementsAre(AmfValue("a"), GetParam().value, AmfValue(true)));
}

// What others write and we do not.
const AmfObject a_is_1{{"a", 1}};

std::vector<Row> receivedRows() {
  const AmfValue::Date date{std::ldexp(0x12C, 32), 0};
  return {
      {"integer_in_more_bytes_than_needed", "04 808000", 0},
      {"xml", "0b 09 3c612f3e", AmfValue::Xml{"<a/>"}},
      {"array_dense_and_named", "09 05 03 61 04 01 01 04 02 03",
       AmfObject::ecmaArray({{"a", 1}, {"0", 2}, {"1", true}})},
      {"array_named_like_an_index", "09 03 03 30 04 01 01 04 02", AmfObject::ecmaArray({{"0", 2}})},
      {"sealed", "0a 23 07 466f6f 03 61 03 62 04 01 04 02", typed("Foo", {{"a", 1}, {"b", 2}})},
      {"sealed_without_names", "0a 03 07 466f6f", typed("Foo", {})},
      {"sealed_and_dynamic", "0a 1b 01 03 61 04 01 03 62 04 02 01", AmfObject{{"a", 1}, {"b", 2}}},
      {"dynamic_repeats_a_sealed_name", "0a 1b 01 03 61 04 01 03 61 04 02 01", AmfObject{{"a", 2}}},
      {"traits_again", "09 05 01  0a 13 07 466f6f 03 61 04 01  0a 01 04 02",
       AmfArray{typed("Foo", {{"a", 1}}), typed("Foo", {{"a", 2}})}},
      {"second_traits_again", "09 07 01  0a 0b 01 01  0a 13 01 03 61 04 01  0a 05 04 02",
       AmfArray{AmfObject{}, AmfObject{{"a", 1}}, AmfObject{{"a", 2}}}},
      {"string_again", "09 07 01  06 03 61  06 00  06 05 6263", AmfArray{"a", "a", "bc"}},
      {"empty_string_has_no_number", "09 07 01  06 01  06 03 61  06 00", AmfArray{"", "a", "a"}},
      {"name_again_as_value", "0a 0b 01 03 61 06 00 01", AmfObject{{"a", "a"}}},
      {"class_again_as_value", "0a 0b 07 466f6f 03 61 06 00 01", typed("Foo", {{"a", "Foo"}})},
      {"object_again", "09 05 01  0a 0b 01 03 61 04 01 01  0a 02", AmfArray{a_is_1, a_is_1}},
      {"date_again", "09 05 01  08 01 4272c00000000000  08 02", AmfArray{date, date}},
      {"xml_again", "09 05 01  0b 03 61  0b 02", AmfArray{AmfValue::Xml{"a"}, AmfValue::Xml{"a"}}},
      {"byte_array_again", "09 05 01  0c 03 61  0c 02", AmfArray{byteArray("61"), byteArray("61")}},
      {"dictionary_again", "09 05 01  11 01 00  11 02",
       AmfArray{AmfValue::Dictionary{}, AmfValue::Dictionary{}}},
      {"vector_again", "09 05 01  0d 03 00 00000001  0d 02",
       AmfArray{AmfValue::Vector{Kind::integers, false, "", {1}},
                AmfValue::Vector{Kind::integers, false, "", {1}}}},
      {"object_that_holds_itself", "0a 0b 01 09 73656c66 0a 00 01",
       AmfObject{{"self", AmfValue::Reference{0}}}},
      {"array_that_holds_itself", "09 03 01 09 00", AmfArray{AmfValue::Reference{0}}},
      {"dictionary_that_is_its_own_key", "11 03 00 11 00 01",
       AmfValue::Dictionary{false, {AmfValue::Reference{0}}, {nullptr}}},
  };
}

class Amf3Received : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(Amf3, Amf3Received, testing::ValuesIn(receivedRows()), nameOf);

TEST_P(Amf3Received, decodes) {
  const auto values = decode(hex(GetParam().bytes));
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values, ElementsAre(GetParam().value));
}

TEST_P(Amf3Received, everyPrefixIsRefused) {
  const Bytes whole = hex(GetParam().bytes);
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(decode(BytesView(whole).first(size)).error(), Error::amf_truncated) << size;
}

TEST(Amf3Tables, spanTheValuesOfOneBody) {
  const auto values = decode(hex("06 03 61  0a 13 07 466f6f 00 04 01  06 02  0a 00  0a 01 04 02"));
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values,
              ElementsAre(AmfValue("a"), AmfValue(typed("Foo", a_is_1)), AmfValue("Foo"),
                          AmfValue(typed("Foo", a_is_1)), AmfValue(typed("Foo", AmfObject{{"a", 2}}))));
}

// The copy of {a: "b"} is read from the bytes of the first one, whose strings are in the table already.
TEST(Amf3Tables, areNotFilledByCopies) {
  const auto values = decode(hex("0a 0b 01 03 61 06 03 62 01  0a 00  06 03 63  06 02  06 04"));
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  const AmfObject object{{"a", "b"}};
  EXPECT_THAT(*values,
              ElementsAre(AmfValue(object), AmfValue(object), AmfValue("c"), AmfValue("b"), AmfValue("c")));
}

TEST(Amf3Tables, areNotFilledByCopiesThatAmf0Makes) {
  const auto values = amf0::decode(
      hex("03 0001 61 11 0a 13 03 43 03 78 06 03 62 0000 09  07 0000  11 06 03 63  11 0a 01 06 06"),
      Limits{});
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  const AmfObject object{{"a", typed("C", {{"x", "b"}})}};
  EXPECT_THAT(*values, ElementsAre(AmfValue(object), AmfValue(object), AmfValue("c"),
                                   AmfValue(typed("C", {{"x", "c"}}))));
}

TEST(Amf3Tables, aCopyOfWhatHoldsItselfIsRefusedByTheEncoders) {
  const auto values = amf0::decode(hex("03 0001 61 11 09 03 01 09 00 0000 09  07 0000"), Limits{});
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  const AmfObject object{{"a", AmfArray{AmfValue::Reference{0}}}};
  EXPECT_THAT(*values, ElementsAre(AmfValue(object), AmfValue(object)));
  Bytes out;
  EXPECT_EQ(amf0::encode(*values, out), Error::amf_not_encodable);
  EXPECT_EQ(amf0::encodeWithAmf3(*values, out), Error::amf_not_encodable);
  EXPECT_TRUE(out.empty());
}

struct Refused {
  std::string name;
  Bytes bytes;
  Error error;
};
void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

Bytes repeated(std::string_view start, std::string_view part, std::size_t count) {
  Bytes bytes = hex(start);
  const Bytes once = hex(part);
  for (std::size_t i = 0; i < count; ++i) ByteWriter(bytes).bytes(once);
  return bytes;
}

std::vector<Refused> refusedRows() {
  return {
      {"marker_12", hex("12 01"), Error::amf_unknown_marker},
      {"marker_ff", hex("ff"), Error::amf_unknown_marker},
      {"externalizable", hex("0a 07 07 466f6f 00"), Error::amf_unsupported_marker},
      {"string_nobody_wrote", hex("06 00"), Error::amf_bad_reference},
      {"object_nobody_wrote", hex("0a 00"), Error::amf_bad_reference},
      {"traits_nobody_wrote", hex("0a 01"), Error::amf_bad_reference},
      {"name_nobody_wrote", hex("0a 0b 01 00"), Error::amf_bad_reference},
      {"later_object", hex("09 05 01 09 02 09 01 01"), Error::amf_bad_reference},
      {"integer_of_endless_bytes", hex("04 ffffff"), Error::amf_truncated},
      {"string_longer_than_body", hex("06 ffffffff 61"), Error::amf_truncated},
      {"bytes_longer_than_body", hex("0c ffffffff 61"), Error::amf_truncated},
      {"array_bomb", hex("09 ffffffff 01"), Error::amf_truncated},
      {"vector_int_bomb", hex("0d ffffffff 00"), Error::amf_truncated},
      {"vector_double_bomb", hex("0f 05 00 0000000000000000"), Error::amf_truncated},
      {"vector_object_bomb", hex("10 ffffffff 00 01"), Error::amf_truncated},
      {"dictionary_bomb", hex("11 ffffffff 00"), Error::amf_truncated},
      {"sealed_bomb", hex("0a fffffff3 01"), Error::amf_truncated},
      {"many_sealed_names", repeated("0a 81fa03 01", "03 61", 2000), Error::amf_too_many_values},
      {"deep_arrays", repeated("", "09 03 01", 20000), Error::amf_too_deep},
      {"deep_objects", repeated("", "0a 0b 01 03 61", 20000), Error::amf_too_deep},
      {"deep_dictionaries", repeated("", "11 03 00 01", 20000), Error::amf_too_deep},
      {"deep_vectors", repeated("", "10 03 00 01", 20000), Error::amf_too_deep},
      {"many_values", repeated("", "05 0000000000000000", 65537), Error::amf_too_many_values},
      {"one_long_string_many_times", repeated("06 ff7f" + std::string(2 * 8191, '6'), "06 00", 20000),
       Error::amf_too_large},
  };
}

class Amf3Refused : public testing::TestWithParam<Refused> {};
INSTANTIATE_TEST_SUITE_P(Amf3, Amf3Refused, testing::ValuesIn(refusedRows()), nameOf);

TEST_P(Amf3Refused, withTheRightError) {
  const auto values = decode(GetParam().bytes);
  ASSERT_FALSE(values);
  EXPECT_EQ(make_error_code(values.error()).message(), make_error_code(GetParam().error).message());
}

TEST_P(Amf3Refused, behindTheMarkerOfAmf0Too) {
  Bytes body = hex("11");
  ByteWriter(body).bytes(GetParam().bytes);
  if (GetParam().name == "many_values") return;  // the marker is for one value alone
  if (GetParam().name == "one_long_string_many_times") return;
  EXPECT_EQ(amf0::decode(body, Limits{}).error(), GetParam().error);
}

TEST(Amf3Limits, copiesAreCharged) {
  // Each array holds the one before it 16 times.
  Bytes bytes = hex("09 03 01 01");
  for (std::uint32_t level = 0; level < 8; ++level) {
    ByteWriter writer(bytes);
    writer.bytes(hex("09 21 01"));
    for (int i = 0; i < 16; ++i) writer.u8(0x09).u8(level << 1);
  }
  EXPECT_EQ(decode(bytes).error(), Error::amf_too_large);
  Limits generous;
  generous.amf_memory_constant = 1u << 30;
  EXPECT_EQ(decode(bytes, generous).error(), Error::amf_too_many_values);
}

TEST(Amf3Limits, depthIsExactAndSharedWithAmf0) {
  Limits limits;
  limits.amf_depth = 3;
  EXPECT_TRUE(decode(hex("09 03 01 09 03 01 09 03 01 01"), limits));
  EXPECT_EQ(decode(hex("09 03 01 09 03 01 09 03 01 09 01 01"), limits).error(), Error::amf_too_deep);
  EXPECT_TRUE(amf0::decode(hex("0a 00000001 11 09 03 01 09 03 01 01"), limits));
  EXPECT_EQ(amf0::decode(hex("0a 00000001 11 09 03 01 09 03 01 09 01 01"), limits).error(),
            Error::amf_too_deep);
}

TEST(Amf3Limits, aVectorOfThousandsFits) {
  AmfValue::Vector vector{Kind::integers, false, "", {}};
  for (int i = 0; i < 20000; ++i) vector.items.emplace_back(i);
  Bytes bytes;
  ASSERT_EQ(amf3::encode(vector, bytes), Error::none);
  const auto values = decode(bytes);
  ASSERT_TRUE(values) << make_error_code(values.error()).message();
  EXPECT_THAT(*values, ElementsAre(AmfValue(vector)));
}

TEST(Amf3Encode, refusesWhatTheFormatCannotHold) {
  const AmfValue::Dictionary uneven{false, {1, 2}, {1}};
  const auto numbers = [](Kind kind, AmfValue item) { return AmfValue::Vector{kind, false, "", {item}}; };
  for (const AmfValue& value :
       {AmfValue(AmfValue::Reference{}), AmfValue(AmfValue::Unsupported{}), AmfValue(AmfObject{{"", 1}}),
        AmfValue(AmfObject::ecmaArray({{"", 1}})), AmfValue(uneven), AmfValue(numbers(Kind::integers, "1")),
        AmfValue(numbers(Kind::integers, 1.5)), AmfValue(numbers(Kind::integers, 2147483648.0)),
        AmfValue(numbers(Kind::unsigned_integers, -1)), AmfValue(numbers(Kind::doubles, nullptr)),
        AmfValue(numbers(Kind::integers, std::numeric_limits<double>::quiet_NaN()))}) {
    Bytes out = hex("0102");
    EXPECT_EQ(amf3::encode(AmfArray{1, value}, out), Error::amf_not_encodable);
    EXPECT_EQ(out, hex("0102"));
  }
}

TEST(Amf3Encode, aDateLosesItsZone) {
  Bytes with_zone, without;
  ASSERT_EQ(amf3::encode(AmfValue::Date{5, -60}, with_zone), Error::none);
  ASSERT_EQ(amf3::encode(AmfValue::Date{5, 0}, without), Error::none);
  EXPECT_EQ(with_zone, without);
}

TEST(Amf3InAmf0, onlyWhatNeedsItIsSwitched) {
  const std::vector<AmfValue> values{"a",
                                     1,
                                     true,
                                     nullptr,
                                     AmfValue{},
                                     AmfObject{{"b", 2}},
                                     byteArray("07"),
                                     AmfArray{},
                                     std::string(65536, 'x')};
  Bytes out;
  ASSERT_EQ(amf0::encodeWithAmf3(values, out), Error::none);
  const std::string expected =
      "02 0001 61  00 3ff0000000000000  01 01  05  06  11 0a 0b 01 03 62 04 02 01  11 0c 03 07  11 09 01 01";
  EXPECT_EQ(toHex(out).substr(0, toHex(hex(expected)).size()), toHex(hex(expected)));
  const auto decoded = amf0::decode(out, Limits{});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, values);
}

TEST(Amf3InAmf0, amf0AloneHasNoFormForIt) {
  for (const AmfValue& value :
       {AmfValue(byteArray("07")), AmfValue(AmfValue::Vector{}), AmfValue(AmfValue::Dictionary{}),
        AmfValue(AmfObject{{"a", byteArray("")}})}) {
    Bytes out = hex("01");
    EXPECT_EQ(amf0::encode({&value, 1}, out), Error::amf_not_encodable);
    EXPECT_EQ(out, hex("01"));
  }
}

}  // namespace
}  // namespace multiconn::rtmp
