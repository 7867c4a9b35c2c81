#include "rtmp/slot_value.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace multiconn::rtmp {
namespace {

const AmfValue nan = std::numeric_limits<double>::quiet_NaN();

AmfValue nested(std::size_t levels) {
  AmfValue value = 1;
  for (std::size_t i = 1; i < levels; ++i)
    value = i % 2 == 0 ? AmfValue(AmfArray{value}) : AmfObject{{"a", value}};
  return value;
}

TEST(SlotValueTest, NullAndUndefinedAreNoValue) {
  EXPECT_FALSE(slotValue(nullptr));
  EXPECT_FALSE(slotValue(AmfValue()));
  EXPECT_EQ(slotValue(false), SlotValue(AmfValue(false)));
  EXPECT_TRUE(sameValue(SlotValue(), SlotValue()));
  EXPECT_FALSE(sameValue(SlotValue(), SlotValue(AmfValue(1))));
}

TEST(SlotValueTest, ComparesPlainValues) {
  EXPECT_TRUE(sameValue(AmfValue(1), AmfValue(1.0)));
  EXPECT_TRUE(sameValue(nan, nan));
  EXPECT_TRUE(sameValue(AmfValue(nullptr), AmfValue()));
  EXPECT_TRUE(sameValue(AmfValue(AmfValue::Date{1, 0}), AmfValue(AmfValue::Date{1, 60})));
  EXPECT_TRUE(sameValue(AmfValue("a"), AmfValue("a")));
  EXPECT_FALSE(sameValue(AmfValue(1), AmfValue(2)));
  EXPECT_FALSE(sameValue(AmfValue(1), AmfValue("1")));
  EXPECT_FALSE(sameValue(AmfValue(1), AmfValue(true)));
  EXPECT_FALSE(sameValue(AmfValue(0), AmfValue(nullptr)));
  EXPECT_FALSE(sameValue(AmfValue(AmfValue::Date{1, 0}), AmfValue(1)));
}

TEST(SlotValueTest, ObjectsByNamesAndValues) {
  const AmfObject object{{"a", 1}, {"b", nan}};
  AmfObject typed{{"b", nan}, {"a", 1}};
  typed.className("Point");
  EXPECT_TRUE(sameValue(AmfValue(object), AmfValue(typed)));
  EXPECT_TRUE(sameValue(AmfValue(object), AmfValue(AmfObject::ecmaArray({{"a", 1}, {"b", nan}}))));
  EXPECT_FALSE(sameValue(AmfValue(object), AmfValue(AmfObject{{"a", 1}, {"c", nan}})));
  EXPECT_FALSE(sameValue(AmfValue(object), AmfValue(AmfObject{{"a", 1}})));
}

TEST(SlotValueTest, AnArrayAndAnObjectOfItsIndices) {
  AmfArray array;
  AmfObject indexed = AmfObject::ecmaArray();
  for (int i = 0; i < 12; ++i) array.emplace_back(i);
  for (int i = 11; i >= 0; --i) indexed.set(std::to_string(i), i);
  EXPECT_TRUE(sameValue(AmfValue(array), AmfValue(indexed)));
  EXPECT_TRUE(sameValue(AmfValue(indexed), AmfValue(array)));
  EXPECT_TRUE(sameValue(AmfValue(AmfArray()), AmfValue(AmfObject())));
  indexed.set("11", 12);
  EXPECT_FALSE(sameValue(AmfValue(array), AmfValue(indexed)));
  indexed.erase("11");
  indexed.set("length", 11);
  EXPECT_FALSE(sameValue(AmfValue(array), AmfValue(indexed)));
}

TEST(SlotValueTest, LargeObjectsAreComparedInReasonableTime) {
  AmfObject forwards, backwards;
  for (int i = 0; i < 50000; ++i) forwards.append(std::to_string(i), i);
  for (int i = 49999; i >= 0; --i) backwards.append(std::to_string(i), i);
  EXPECT_TRUE(sameValue(AmfValue(forwards), AmfValue(backwards)));
}

TEST(SlotValueTest, WhatOnlyAmf3Has) {
  using Vector = AmfValue::Vector;
  const Vector numbers{Vector::Kind::doubles, false, {}, {1, nan}};
  EXPECT_TRUE(sameValue(AmfValue(numbers), AmfValue(Vector{Vector::Kind::doubles, true, {}, {1, nan}})));
  EXPECT_FALSE(sameValue(AmfValue(numbers), AmfValue(Vector{Vector::Kind::integers, false, {}, {1, nan}})));
  EXPECT_TRUE(sameValue(AmfValue(AmfValue::Dictionary{false, {1}, {nan}}),
                        AmfValue(AmfValue::Dictionary{true, {1}, {nan}})));
  EXPECT_FALSE(sameValue(AmfValue(AmfValue::Dictionary{false, {1}, {2}}),
                         AmfValue(AmfValue::Dictionary{false, {1}, {3}})));
}

TEST(SlotValueTest, CountsLevels) {
  EXPECT_TRUE(within(1, 1));
  EXPECT_FALSE(within(1, 0));
  EXPECT_TRUE(within(nested(32), 32));
  EXPECT_FALSE(within(nested(33), 32));
  EXPECT_FALSE(within(AmfValue::Dictionary{false, {1}, {nested(4)}}, 4));
}

TEST(SlotValueTest, FootprintGrowsWithTheContent) {
  EXPECT_EQ(footprint(SlotValue()), 0U);
  EXPECT_GE(footprint(AmfValue(std::string(1000, 'x'))), 1000U + sizeof(AmfValue));
  EXPECT_GE(footprint(AmfValue(AmfArray(1000))), 1000 * sizeof(AmfValue));
  EXPECT_GE(footprint(AmfValue(AmfObject{{std::string(100, 'x'), AmfValue(std::string(100, 'y'))}})), 200U);
  EXPECT_GE(footprint(AmfValue(AmfValue::ByteArray{std::vector<std::byte>(500)})), 500U);
}

}  // namespace
}  // namespace multiconn::rtmp
