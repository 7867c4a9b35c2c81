// This sample shows how to:
// 1. talk through a shared object: every line has a slot of its own, so that none takes another's place
// 2. carry what is said at one server to the others, by relay(true) in one program
// 3. find out from onSync's list what is new, and what of our own has arrived
//
// Two people at two masters, and a presenter who relays:
//   chat --relay presenter rtmp://one.example/chat rtmp://two.example/chat
//   chat ann rtmp://one.example/chat
//   chat bob rtmp://two.example/chat
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <iostream>
#include <multiconn/multiconn.hpp>
#include <mutex>
#include <set>
#include <string>

#include "sample.hpp"

namespace {

using namespace multiconn;

constexpr std::size_t lines_kept = 50;  // of each speaker
class Speaker {
 public:
  Speaker(SharedObject chat, std::string name) : chat_(std::move(chat)), name_(std::move(name)) {}

  void say(const std::string& text) {
    const std::string slot = name_ + "/" + std::to_string(++number_);
    const std::lock_guard lock(mutex_);
    on_their_way_.insert(slot);
    said_.push_back(slot);
    chat_.set(slot, text);
    if (said_.size() <= lines_kept) return;
    chat_.remove(said_.front());
    said_.pop_front();
  }
  void synced(std::span<const Change> changes) {
    for (const Change& change : changes) {
      const auto text = chat_.get(change.slot);
      const std::lock_guard lock(mutex_);
      if (change.code == Change::Code::success && on_their_way_.erase(change.slot) > 0) arrived_.notify_all();
      // Again from another server, or by way of the relay.
      if (change.code != Change::Code::change || !text || !text->string()) continue;
      if (!heard_.insert(change.slot).second) continue;
      std::cout << change.slot.substr(0, change.slot.rfind('/')) << ": " << *text->string() << std::endl;
    }
  }
  /// What was said has reached a server, or does not do so in time.
  bool arrived() {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::seconds(10), [this] { return on_their_way_.empty(); });
  }

 private:
  SharedObject chat_;
  std::string name_;
  // Larger than any of an earlier visit.
  std::int64_t number_ = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::string> said_;
  std::set<std::string> on_their_way_, heard_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string usage = "usage: chat [--relay] NAME rtmp://HOST/APP...";
  auto words = sample::commandLine(argc, argv, usage, 2, "--relay");
  const bool relay = words.front() == "--relay";
  if (relay) words.erase(words.begin());
  if (words.size() < 2 || words.front().empty()) sample::refuse(usage);
  std::vector<Destination> masters;
  for (std::size_t i = 1; i < words.size(); ++i) masters.push_back({.url = words[i]});

  Runtime runtime;
  MultiConnection connection(runtime);
  SharedObject chat = connection.sharedObjectSetup("chat");
  chat.relay(relay);
  const auto speaker = std::make_shared<Speaker>(chat, words.front());
  chat.onSync([speaker](std::span<const Change> changes) { speaker->synced(changes); });

  std::promise<SetupOutcome> setup;
  connection.connect(masters, [&](const SetupOutcome& outcome) { setup.set_value(outcome); });
  const SetupOutcome outcome = setup.get_future().get();
  sample::printErrors("chat", outcome);
  if (!outcome.success) return 2;
  connection.onStatus(sample::printTrouble);
  for (std::string text; std::getline(std::cin, text);) speaker->say(text);
  const bool arrived = speaker->arrived();
  if (!arrived) std::cerr << "chat: not everything that was said has reached a server" << std::endl;

  std::promise<void> closed;
  connection.ncClose([&] { closed.set_value(); });
  closed.get_future().wait();
  return arrived ? 0 : 3;
}
