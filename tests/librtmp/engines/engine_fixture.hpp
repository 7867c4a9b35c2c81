#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "librtmp/engines/viewer.hpp"
#include "origin/test_application.hpp"

namespace multiconn::test {

/// MultiConnection over each engine, against a server of ours on loopback.
class EngineTest : public ApplicationTest, public testing::WithParamInterface<LinkEngine> {
 protected:
  static Destination to(const OriginServer& server, const std::string& app = "app") {
    Destination destination;
    destination.url = "rtmp://127.0.0.1:" + std::to_string(server.port()) + "/" + app;
    destination.stream = "key";
    destination.engine = GetParam();
    return destination;
  }
  /// To the server of serve().
  void join(Viewer& viewer) { ASSERT_TRUE(viewer.connect({to(*server)}).success); }
};

inline std::string engineName(const testing::TestParamInfo<LinkEngine>& engine) {
  return engine.param == LinkEngine::librtmp ? "librtmp" : "native";
}

/// For INSTANTIATE_TEST_SUITE_P.
inline auto bothEngines() {
  return testing::Values(LinkEngine::native, LinkEngine::librtmp);
}

/// `size` letters that are told from a piece that is missing, doubled or out of place.
inline std::string longText(std::size_t size, std::size_t start = 0) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (start + i + i / 251) % 26);
  return text;
}

}  // namespace multiconn::test
