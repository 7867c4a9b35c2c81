#include "balance/target_file.hpp"

#include <gtest/gtest.h>

namespace multiconn::balance {
namespace {

std::string errorOf(std::string_view text) {
  const TargetFile file = parseTargets(text);
  if (file.errors.empty()) return "none";
  return std::to_string(file.errors[0].line) + ": " + file.errors[0].text;
}

TEST(TargetFile, IsReadAsTheOriginalWritesIt) {
  const TargetFile file = parseTargets(
      "# [load-balancer-ip-address],[load-balancer-port],[encryption-key]\n"
      "192.168.1.7,1934,023D4FB4IS83\n");
  EXPECT_TRUE(file.errors.empty());
  EXPECT_EQ(file.targets, (std::vector<Target>{{"192.168.1.7", 1934, "023D4FB4IS83"}}));
}

TEST(TargetFile, HasBlanksCommentsAndSeveralTargets) {
  const TargetFile file = parseTargets(
      "\xEF\xBB\xBF\r\n"
      "  # a comment, with commas,\r\n"
      "\t balancer-1.example.com ,\t1934 , a key, with a comma \r\n"
      "\n"
      "[2001:db8::1],20000,another-key\n"
      "2001:db8::2,1934,another-key\n"
      "balancer-1.example.com,1935,the-last-line");
  EXPECT_TRUE(file.errors.empty());
  EXPECT_EQ(file.targets, (std::vector<Target>{{"balancer-1.example.com", 1934, "a key, with a comma"},
                                               {"2001:db8::1", 20000, "another-key"},
                                               {"2001:db8::2", 1934, "another-key"},
                                               {"balancer-1.example.com", 1935, "the-last-line"}}));
}

TEST(TargetFile, NamesTheLineThatIsWrong) {
  EXPECT_EQ(errorOf("# nothing\n\n10.0.0.1\n"), "3: a target is ADDRESS,PORT,KEY");
  EXPECT_EQ(errorOf("10.0.0.1,1934\n"), "1: a target is ADDRESS,PORT,KEY");
  EXPECT_EQ(errorOf("[load-balancer-ip-address],1934,023D4FB4IS83"),
            "1: put your balancer's address in the place of what stands in brackets");
  EXPECT_EQ(errorOf(",1934,023D4FB4IS83"), "1: the address is no host name and no numeric address");
  EXPECT_EQ(errorOf("a b,1934,023D4FB4IS83"), "1: the address is no host name and no numeric address");
  for (const char* const port : {"", "0", "65536", "-1", "1934x", "0x10", "99999999999999999999"})
    EXPECT_EQ(errorOf(std::string("a,") + port + ",023D4FB4IS83"), "1: the port is a number from 1 to 65535")
        << port;
  EXPECT_EQ(errorOf("a,1,\n"), "1: a key is 8 to 256 printable ASCII characters");
  EXPECT_EQ(errorOf("a,1,1234567\n"), "1: a key is 8 to 256 printable ASCII characters");
  EXPECT_EQ(errorOf("a,1,1234\x01"
                    "5678\n"),
            "1: a key is 8 to 256 printable ASCII characters");
  EXPECT_EQ(errorOf("a,1," + std::string(257, 'k')), "1: a key is 8 to 256 printable ASCII characters");
  EXPECT_EQ(errorOf("a,1," + std::string(256, 'k')), "none");
  EXPECT_EQ(errorOf("a,1,12345678\nA,1,87654321"), "2: this balancer stands on a line before");
  EXPECT_EQ(errorOf(""), "1: there is no target in this file");
  EXPECT_EQ(errorOf("# a comment"), "1: there is no target in this file");
}

TEST(TargetFile, ErrorsHoldNoKey) {
  const TargetFile file =
      parseTargets("a,0,the-secret\n,1,the-secret\nthe-secret\na,1,the-\tsecret\na b,1,the-secret");
  EXPECT_EQ(file.errors.size(), 5U);
  for (const auto& error : file.errors) EXPECT_EQ(error.text.find("secret"), std::string::npos);
}

TEST(TargetFile, IsBounded) {
  std::string text;
  for (int i = 0; i < 255; ++i) text += "host-" + std::to_string(i) + ",1934,12345678\n";
  EXPECT_EQ(errorOf(text), "none");
  EXPECT_EQ(errorOf(text + "one-more,1934,12345678"), "256: there are more than 255 targets");
  EXPECT_EQ(parseTargets(std::string(100'000, '\n') + std::string(10'000, 'x')).errors.size(), 1U);
  std::string wrong;
  for (int i = 0; i < 1000; ++i) wrong += "x\n";
  EXPECT_LE(parseTargets(wrong).errors.size(), 20U);
  EXPECT_EQ(errorOf(std::string(2 * 1024 * 1024, '\n')), "1: a file of targets has at most 1 MiB");
}

}  // namespace
}  // namespace multiconn::balance
