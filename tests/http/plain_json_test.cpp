#include "http/plain_json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <limits>

namespace multiconn::http {
namespace {

namespace json = boost::json;

TEST(PlainJson, WritesNumbersAsPeopleDo) {
  const auto text = [](double number) { return plainJson(json::value(number)); };
  EXPECT_EQ(text(0), "0");
  EXPECT_EQ(text(1000), "1000");
  EXPECT_EQ(text(2.1), "2.1");
  EXPECT_EQ(text(-0.001), "-0.001");
  EXPECT_EQ(text(1e22), "10000000000000000000000");
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "null");
  for (const double extreme :
       {std::numeric_limits<double>::max(), -std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(std::strtod(text(extreme).c_str(), nullptr), extreme);
  }
}

TEST(PlainJson, WritesEverythingElseAsItIs) {
  const json::value value{{"text", "a\"b\n"}, {"whole", 7},           {"none", nullptr},       {"yes", true},
                          {"list", {1, 0.5}}, {"\"", json::object()}, {"empty", json::array()}};
  EXPECT_EQ(plainJson(value),
            R"({"text":"a\"b\n","whole":7,"none":null,"yes":true,"list":[1,0.5],"\"":{},"empty":[]})");
}

}  // namespace
}  // namespace multiconn::http
