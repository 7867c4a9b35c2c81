#include "bench/figures.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <limits>

namespace multiconn::bench {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

TEST(Figure, IsHeldAgainstItsGate) {
  EXPECT_TRUE((Figure{"m", "f", 5, "ms", Gate{5}}.held()));
  EXPECT_FALSE((Figure{"m", "f", 5.1, "ms", Gate{5}}.held()));
  EXPECT_TRUE((Figure{"m", "f", 5, "ms", Gate{5, true}}.held()));
  EXPECT_FALSE((Figure{"m", "f", 4.9, "ms", Gate{5, true}}.held()));
  EXPECT_TRUE((Figure{"m", "f", 1e9, "ms"}.held()));
}

TEST(Figure, ThatWasNotHadHoldsNoGate) {
  EXPECT_FALSE((Figure{"m", "f", none, "ms", Gate{5}}.held()));
  EXPECT_FALSE((Figure{"m", "f", none, "ms", Gate{5, true}}.held()));
}

TEST(TableRow, HasGateAndVerdict) {
  EXPECT_THAT(tableRow({"restart", "p99", 12.345, "ms", Gate{500}}),
              testing::AllOf(testing::HasSubstr("restart"), testing::HasSubstr("p99"),
                             testing::ContainsRegex("12\\.3 ms +<= 500 +ok$")));
  EXPECT_THAT(tableRow({"restart", "p99", 1234.5, "ms", Gate{500}}), testing::EndsWith("MISSED"));
  EXPECT_THAT(tableRow({"restart", "p50", 12, "ms"}), testing::EndsWith("12 ms"));
  EXPECT_THAT(tableRow({"restart", "p99", none, "ms", Gate{1, true}}),
              testing::ContainsRegex("none ms +>= 1 +MISSED$"));
}

TEST(JsonRow, SaysTheSame) {
  const auto row = boost::json::parse(jsonRow({"restart", "p99", 12.5, "ms", Gate{500}})).as_object();
  EXPECT_EQ(row.at("measurement"), "restart");
  EXPECT_EQ(row.at("figure"), "p99");
  EXPECT_EQ(row.at("value"), 12.5);
  EXPECT_EQ(row.at("unit"), "ms");
  EXPECT_EQ(row.at("gate"), 500.0);
  EXPECT_EQ(row.at("gate_is"), "most");
  EXPECT_EQ(row.at("ok"), true);
}

TEST(JsonRow, HasNoGateWhereThereIsNone) {
  const auto row = boost::json::parse(jsonRow({"restart", "p50", none, "ms"})).as_object();
  EXPECT_TRUE(row.at("value").is_null());
  EXPECT_FALSE(row.contains("gate"));
  EXPECT_FALSE(row.contains("ok"));
}

TEST(Figures, ExitWithThreeOnceAGateWasMissed) {
  testing::internal::CaptureStdout();
  Figures figures(true);
  figures.add({"m", "f", 1, "", Gate{2}});
  EXPECT_EQ(figures.exitCode(), 0);
  figures.add({"m", "f", 3, "", Gate{2}});
  figures.add({"m", "f", 1, "", Gate{2}});
  EXPECT_EQ(figures.exitCode(), 3);
  EXPECT_EQ(testing::internal::GetCapturedStdout().find("measurement  "), std::string::npos);
}

}  // namespace
}  // namespace multiconn::bench
