#include "client/sentence.hpp"

#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

TEST(Sentence, BeginsLargeAndEndsWithAStop) {
  EXPECT_EQ(sentence("connection refused by host"), "Connection refused by host.");
  EXPECT_EQ(sentence("The server closed the connection."), "The server closed the connection.");
  EXPECT_EQ(sentence("really?"), "Really?");
  EXPECT_EQ(sentence(""), "");
}

TEST(Sentence, AUrlKeepsItsFirstLetter) {
  EXPECT_EQ(sentence("http://127.0.0.1:80/****: no such file"), "http://127.0.0.1:80/****: no such file.");
  EXPECT_EQ(sentence("rtmp://host/live"), "rtmp://host/live.");
  EXPECT_EQ(sentence("no answer from rtmp://host/live"), "No answer from rtmp://host/live.");
}

}  // namespace
}  // namespace multiconn::client
