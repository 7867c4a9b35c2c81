// A name whose address changes while its server is tried again.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

#include <multiconn/multiconn.hpp>

#include "local_server.hpp"
#include "support/own_namespace.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

/// Kept once.
struct Seen {
  void note() {
    if (!already.exchange(true)) promise.set_value();
  }
  bool wait() { return promise.get_future().wait_for(30s) == std::future_status::ready; }
  std::atomic<bool> already = false;
  std::promise<void> promise;
};

TEST(FreshLookup, EachAttemptAsksForTheAddressAgain) {
  if (!inOwnNamespace()) return;
  const LocalServer server;
  nameHost("edge9.example", "127.0.0.2");
  Seen refused, publishing;
  Runtime runtime;
  MultiConnection connection(runtime);
  connection.onStatus([&](const Status& status) {
    if (status.code == "NetConnection.Connect.Reconnecting") refused.note();
  });
  NetStream stream = connection.setNetStreams();
  stream.onStatus([&](const Status& status) {
    if (status.code == "NetStream.Publish.Start") publishing.note();
  });
  stream.publish("key");
  Destination named;
  named.url = server.url();
  named.url.replace(named.url.find("127.0.0.1"), 9, "edge9.example");
  connection.connect({named});
  ASSERT_TRUE(refused.wait()) << "nobody is at the first address";
  nameHost("edge9.example", "127.0.0.1");
  EXPECT_TRUE(publishing.wait());
}

}  // namespace
}  // namespace multiconn::test
