#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <multiconn/application.hpp>

#include "origin/origin_fixture.hpp"

namespace multiconn::test {

/// An application whose callbacks a test writes down, and which notes what happens to it. Its notes are for
/// any thread.
class Notes {
 public:
  void add(std::string note);
  std::vector<std::string> all() const;
  /// Waits for one.
  bool wait(const std::string& note) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable added_;
  std::vector<std::string> notes_;
};

class TestApplication : public Application {
 public:
  struct Callbacks {
    std::function<void(TestApplication&)> set_up = {};  ///< in the constructor
    std::function<void(TestApplication&)> start = {};
    std::function<ConnectDecision(TestApplication&, Client, const ConnectRequest&)> connect = {};
    std::function<StreamDecision(TestApplication&, const Client&, const StreamRequest&)> publish = {},
                                                                                         play = {};
    std::function<void(const std::string& what)> noted = {};  ///< behind every note; may throw
    std::function<bool(const Client&, const std::string&)> may_read = {};
    std::function<bool(const Client&, const std::string&, const std::string&)> may_write = {};
  };
  TestApplication(Callbacks callbacks, std::shared_ptr<Notes> notes);

  // For the callbacks.
  using Application::broadcast;
  using Application::clients;
  using Application::deferredMethod;
  using Application::method;
  using Application::scope;
  using Application::sharedObject;
  using Application::streams;

 private:
  void onAppStart() override;
  void onAppStop() override;
  ConnectDecision onConnect(const Client& client, const ConnectRequest& request) override;
  void onDisconnect(const Client& client) override;
  StreamDecision onPublish(const Client& client, const StreamRequest& stream) override;
  void onUnpublish(const Client& client, const std::string& stream) override;
  StreamDecision onPlay(const Client& client, const StreamRequest& stream) override;
  void onPlayStart(const Client& client, const std::string& stream) override;
  void onStop(const Client& client, const std::string& stream) override;
  bool mayRead(const Client& client, const std::string& object) override;
  bool mayWrite(const Client& client, const std::string& object, const std::string& slot) override;

  void note(const std::string& what);

  Callbacks callbacks_;
  std::shared_ptr<Notes> notes_;
};

/// A server whose application "app" a test has written.
class ApplicationTest : public testing::Test {
 protected:
  /// Starts it.
  void serve(TestApplication::Callbacks callbacks, OriginOptions options = testOptions());
  std::unique_ptr<RtmpTestClient> client(RtmpTestClient::Options options = {.app = "app"}) const {
    return std::make_unique<RtmpTestClient>(server->port(), std::move(options));
  }

  std::shared_ptr<Notes> notes = std::make_shared<Notes>();
  std::unique_ptr<OriginServer> server;
};

/// A value that a callback has given to the test's thread, waited for.
template <typename T>
class Handed {
 public:
  void give(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    given_.notify_all();
  }
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    given_.wait_for(lock, RawClient::default_wait, [this] { return value_.has_value(); });
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<T> value_;
};

}  // namespace multiconn::test
