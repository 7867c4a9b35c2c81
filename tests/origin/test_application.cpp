#include "origin/test_application.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::test {

void Notes::add(std::string note) {
  const std::lock_guard lock(mutex_);
  notes_.push_back(std::move(note));
  added_.notify_all();
}

std::vector<std::string> Notes::all() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

bool Notes::wait(const std::string& note) const {
  std::unique_lock lock(mutex_);
  return added_.wait_for(lock, RawClient::default_wait,
                         [&] { return std::find(notes_.begin(), notes_.end(), note) != notes_.end(); });
}

TestApplication::TestApplication(Callbacks callbacks, std::shared_ptr<Notes> notes)
    : callbacks_(std::move(callbacks)), notes_(std::move(notes)) {
  if (callbacks_.set_up) callbacks_.set_up(*this);
}

void TestApplication::note(const std::string& what) {
  notes_->add(what);
  if (callbacks_.noted) callbacks_.noted(what);
}

void TestApplication::onAppStart() {
  note("start " + scope());
  if (callbacks_.start) callbacks_.start(*this);
}

void TestApplication::onAppStop() {
  note("stop " + scope());
}

ConnectDecision TestApplication::onConnect(const Client& client, const ConnectRequest& request) {
  note("connect");
  return callbacks_.connect ? callbacks_.connect(*this, client, request)
                            : Application::onConnect(client, request);
}

void TestApplication::onDisconnect(const Client& client) {
  note("disconnect");
  Application::onDisconnect(client);
}

StreamDecision TestApplication::onPublish(const Client& client, const StreamRequest& stream) {
  note("publish " + stream.name + " " + stream.mode);
  return callbacks_.publish ? callbacks_.publish(*this, client, stream)
                            : Application::onPublish(client, stream);
}

void TestApplication::onUnpublish(const Client&, const std::string& stream) {
  note("unpublish " + stream);
}

StreamDecision TestApplication::onPlay(const Client& client, const StreamRequest& stream) {
  note("play " + stream.name);
  return callbacks_.play ? callbacks_.play(*this, client, stream) : Application::onPlay(client, stream);
}

void TestApplication::onPlayStart(const Client&, const std::string& stream) {
  note("begins playing " + stream);
}

void TestApplication::onStop(const Client&, const std::string& stream) {
  note("stop playing " + stream);
}

bool TestApplication::mayRead(const Client& client, const std::string& object) {
  return !callbacks_.may_read || callbacks_.may_read(client, object);
}

bool TestApplication::mayWrite(const Client& client, const std::string& object, const std::string& slot) {
  return !callbacks_.may_write || callbacks_.may_write(client, object, slot);
}

void ApplicationTest::serve(TestApplication::Callbacks callbacks, OriginOptions options) {
  options.application_factories["app"] = [callbacks = std::move(callbacks),
                                          notes = notes](const std::string&) {
    return std::make_unique<TestApplication>(callbacks, notes);
  };
  server = std::make_unique<OriginServer>(std::move(options));
}

}  // namespace multiconn::test
