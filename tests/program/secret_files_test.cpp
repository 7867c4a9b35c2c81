#include "program/secret_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::tools::test {
namespace {

using multiconn::test::errorOf;
using multiconn::test::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SecretFiles : public testing::Test {
 protected:
  std::vector<std::string> keys(const std::string& text) {
    return readKeys(folder_.write("keys", text), warn_);
  }
  std::string keysError(const std::string& text) {
    return errorOf([&] { keys(text); });
  }

  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
  std::function<void(const std::string&)> warn_ = [this](const std::string& text) {
    warnings_.push_back(text);
  };
};

TEST_F(SecretFiles, HoldAKeyALine) {
  EXPECT_THAT(
      keys("# the new one\r\n  0123456789abcdefghijkl \r\n\n# the old one\na key with blanks, long enough"),
      ElementsAre("0123456789abcdefghijkl", "a key with blanks, long enough"));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(SecretFiles, WarnOfAShortKey) {
  EXPECT_THAT(keys("023D4FB4IS83\n"), ElementsAre("023D4FB4IS83"));
  EXPECT_THAT(warnings_,
              ElementsAre(AllOf(HasSubstr("keys, line 1"), HasSubstr("12 characters"),
                                HasSubstr("multiconn-ctl keygen"), Not(HasSubstr("023D4FB4IS83")))));
}

TEST_F(SecretFiles, WarnWhenEverybodyMayReadThem) {
  const auto file = folder_.write("keys", "0123456789abcdefghijkl");
  ::chmod(file.c_str(), 0644);
  readKeys(file, warn_);
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("keys"), HasSubstr("chmod"))));
}

TEST_F(SecretFiles, NameTheLineThatIsWrong) {
  EXPECT_THAT(keysError("# x\n1234567\n"), AllOf(HasSubstr("keys, line 2: "), Not(HasSubstr("1234567"))));
  EXPECT_THAT(keysError("tab\tin-the-key\n"), HasSubstr("line 1"));
  EXPECT_THAT(keysError(std::string(257, 'k')), HasSubstr("line 1"));
  EXPECT_THAT(keysError("# nothing\n"), HasSubstr("holds no key"));
  EXPECT_THAT(keysError(""), HasSubstr("holds no key"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "0123456789abcdefghijkl" + std::to_string(i) + "\n";
  EXPECT_THAT(keysError(many), HasSubstr("line 17: there are more than 16 keys"));
  EXPECT_THAT(keysError(std::string(70'000, '\n')), HasSubstr("more than 65536 bytes"));
}

TEST_F(SecretFiles, SayWhyTheyCannotBeRead) {
  EXPECT_EQ(errorOf([&] { readKeys("/nowhere/keys", warn_); }),
            "cannot read /nowhere/keys: No such file or directory");
  EXPECT_EQ(errorOf([&] { readKeys(folder_.path(), warn_); }),
            "cannot read " + folder_.path().string() + ": Is a directory");
  EXPECT_EQ(errorOf([&] { readToken("/nowhere/token"); }),
            "cannot read /nowhere/token: No such file or directory");
}

TEST_F(SecretFiles, HoldAToken) {
  EXPECT_EQ(readToken(folder_.write("token", "0123456789abcdef\nmore\n")), "0123456789abcdef");
  EXPECT_EQ(readToken(folder_.write("token", "0123456789abcdef\r\n")), "0123456789abcdef");
  for (const char* const text : {"", "\n0123456789abcdef", "0123456789abcde", "0123456789 abcdef",
                                 "0123456789\x7F"
                                 "abcdef"}) {
    const std::string error = errorOf([&] { readToken(folder_.write("token", text)); });
    EXPECT_THAT(error, AllOf(HasSubstr("token: the first line"), Not(HasSubstr("0123")))) << text;
  }
}

TEST_F(SecretFiles, WarnWhenEverybodyMayReadAToken) {
  const auto file = folder_.write("token", "0123456789abcdef");
  ::chmod(file.c_str(), 0640);
  EXPECT_EQ(readToken(file, warn_), "0123456789abcdef");
  EXPECT_THAT(warnings_, IsEmpty());
  ::chmod(file.c_str(), 0644);
  EXPECT_EQ(readToken(file, warn_), "0123456789abcdef");
  EXPECT_THAT(warnings_,
              ElementsAre(AllOf(HasSubstr("token"), HasSubstr("chmod"), Not(HasSubstr("0123456789abcdef")))));
}

TEST(CheckKey, NamesItsPlace) {
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& text) { warnings.push_back(text); };
  checkKey("023D4FB4IS83", "targets.txt, line 4", warn);
  checkKey(std::string(22, 'k'), "targets.txt, line 5", warn);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("targets.txt, line 4")));
  EXPECT_THAT(errorOf([&] { checkKey("short", "targets.txt, line 6", warn); }),
              HasSubstr("targets.txt, line 6: "));
  EXPECT_THAT(errorOf([&] { checkKey("", "the property", warn); }), HasSubstr("the property: "));
}

TEST(EqualInConstantTime, ComparesAllOfBoth) {
  EXPECT_TRUE(equalInConstantTime("", ""));
  EXPECT_TRUE(equalInConstantTime("abc", "abc"));
  EXPECT_FALSE(equalInConstantTime("abc", "abd"));
  EXPECT_FALSE(equalInConstantTime("abc", "ab"));
  EXPECT_FALSE(equalInConstantTime("abc", ""));
}

}  // namespace
}  // namespace multiconn::tools::test
