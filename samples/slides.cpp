// This sample shows how to:
// 1. set up one shared object on several servers
// 2. let a presenter set a slot, and viewers at any of the servers follow it
// 3. leave in good order
//
// A presenter gives all masters, a viewer one of them (with an origin of this project on port 1935):
//   slides present rtmp://one.example/training rtmp://two.example/training
//   slides view rtmp://two.example/training
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <iostream>
#include <limits>
#include <multiconn/multiconn.hpp>
#include <mutex>
#include <set>
#include <string>

#include "sample.hpp"

namespace {

using namespace multiconn;

class Presenter {
 public:
  explicit Presenter(SharedObject slides) : slides_(std::move(slides)) {}

  /// False: not every master that is there has taken it in time.
  bool show(long number) {
    std::unique_lock lock(mutex_);
    taken_by_.clear();
    // With the time no two are equal: a master that has this slide from an earlier show is written to, too.
    const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
    slides_.set("slide", AmfObject{{"number", number}, {"shown_at", now}});
    return news_.wait_for(lock, std::chrono::seconds(10), [this] { return taken(); });
  }
  void synced(std::span<const Change> changes) {
    const std::lock_guard lock(mutex_);
    for (const Change& change : changes)
      if (change.code == Change::Code::success && change.server) taken_by_.insert(*change.server);
    news_.notify_all();
  }

 private:
  // A server turns out to have no shared objects only after a while: then it is not `asking` any more.
  bool taken() const {
    using State = SharedObjectServer::State;
    for (const SharedObjectServer& at : slides_.servers())
      if (at.state == State::asking || (at.state == State::joined && !taken_by_.contains(at.id)))
        return false;
    return !taken_by_.empty();
  }

  SharedObject slides_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::set<ServerId> taken_by_;
};

// Each slide has arrived before the next is read, so that one that a server refuses can be told.
bool present(Presenter& presenter) {
  bool arrived = true;
  std::cout << "Type a slide's number and Enter; an empty line ends the show." << std::endl;
  for (std::string line; std::getline(std::cin, line) && !line.empty();) {
    char* end = nullptr;
    const long number = std::strtol(line.c_str(), &end, 10);
    if (*end != '\0' || number <= 0) {
      std::cerr << "slides: \"" << line << "\" is no slide's number" << std::endl;
    } else if (!presenter.show(number)) {
      std::cerr << "slides: slide " << number << " has not reached every server" << std::endl;
      arrived = false;
    }
  }
  return arrived;
}

// A change list that says nothing of the slide, or comes again from another server, changes nothing here.
bool follow(SharedObject& slides) {
  slides.onSync([slides, shown = 0.0](std::span<const Change>) mutable {
    const auto slide = slides.get("slide");
    const AmfObject* const object = slide ? slide->object() : nullptr;
    const double number = object ? object->numberOr("number", 0) : 0;
    if (number == 0 || number == shown) return;
    shown = number;
    std::cout << "slide " << shown << std::endl;
  });
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());  // until the end of the input
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string usage = "usage: slides present|view rtmp://HOST/APP...";
  const auto words = sample::commandLine(argc, argv, usage, 2);
  const bool presents = words[0] == "present";
  if (!presents && words[0] != "view") sample::refuse(usage);
  std::vector<Destination> masters;
  for (std::size_t i = 1; i < words.size(); ++i) masters.push_back({.url = words[i]});

  Runtime runtime;
  MultiConnection connection(runtime);
  SharedObject slides = connection.sharedObjectSetup("slides");
  const auto presenter = std::make_shared<Presenter>(slides);
  std::promise<SetupOutcome> setup;
  connection.connect(masters, [&](const SetupOutcome& outcome) { setup.set_value(outcome); });
  const SetupOutcome outcome = setup.get_future().get();
  sample::printErrors("slides", outcome);
  if (!outcome.success) return 2;
  connection.onStatus([presenter](const Status& at) {
    sample::printTrouble(at);
    presenter->synced({});
  });

  if (presents) slides.onSync([presenter](std::span<const Change> changes) { presenter->synced(changes); });
  const bool arrived = presents ? present(*presenter) : follow(slides);
  std::promise<void> closed;
  connection.ncClose([&] { closed.set_value(); });
  closed.get_future().wait();
  return arrived ? 0 : 3;
}
