#include "rtmp/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace multiconn::rtmp {
namespace {

TEST(Error, everyOneHasASentenceOfItsOwn) {
  std::set<std::string> sentences;
  for (int i = 0; i <= static_cast<int>(Error::flv_malformed); ++i) {
    const std::string sentence = make_error_code(static_cast<Error>(i)).message();
    EXPECT_NE(sentence, "unknown error") << i;
    EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
  }
  EXPECT_EQ(std::error_code(200, errorCategory()).message(), "unknown error");
}

TEST(Error, convertsToStdErrorCode) {
  const std::error_code code = Error::amf_too_deep;
  EXPECT_TRUE(code);
  EXPECT_EQ(code, Error::amf_too_deep);
  EXPECT_STREQ(code.category().name(), "rtmp");
  EXPECT_FALSE(std::error_code(Error::none));
}

TEST(Result, holdsAValueOrTheReason) {
  Result<std::string> good = std::string("yes");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "yes");
  EXPECT_EQ(good->size(), 3u);
  EXPECT_EQ(good.error(), Error::none);

  const Result<std::string> bad = Error::amf_truncated;
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error(), Error::amf_truncated);
}

}  // namespace
}  // namespace multiconn::rtmp
