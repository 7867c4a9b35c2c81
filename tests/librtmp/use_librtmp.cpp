// Linked into a test program, gives it the librtmp engine.
#include <gtest/gtest.h>

#include <multiconn/librtmp.hpp>

namespace {

class UseLibrtmp : public testing::Environment {
 public:
  void SetUp() override { multiconn::useLibrtmp(); }
};

const testing::Environment* const registered = testing::AddGlobalTestEnvironment(new UseLibrtmp);

}  // namespace
