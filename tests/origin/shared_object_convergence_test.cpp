// Many random histories of one object: whoever writes what and whenever messages arrive, in the end everybody
// has what the server has.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "origin/bare_member.hpp"
#include "rtmp/remote_shared_object.hpp"

namespace multiconn::test {
namespace {

using namespace origin;
using namespace std::chrono_literals;

/// A client's own replica, the lines to and from the server, and what the server knows of it.
class Member final : BareMember {
 public:
  Member(SimulatedLoop& loop, SharedObjectStore& store, const OriginQuotas& quotas, std::uint64_t id)
      : BareMember(loop, store, quotas, id) {
    join();
  }
  rtmp::RemoteSharedObject& replica() { return replica_; }
  bool joined() const { return joined_; }
  /// Nothing is on its way: a refusal of before would be taken for one of joining.
  bool quiet() const { return to_server_.empty() && to_client_.empty(); }

  void join() {
    joined_ = true;
    post(replica_.use(false, loop_.now()));
  }
  void leave() {
    joined_ = false;
    post(replica_.release());
  }
  /// As when the connection breaks.
  void lose() {
    joined_ = false;
    replica_.lost();
    objects_.leaveAll();
    to_server_.clear();
    to_client_.clear();
  }
  void tick() { post(replica_.tick(loop_.now())); }
  bool deliverToServer() {
    if (to_server_.empty()) return false;
    const auto message = std::move(to_server_.front());
    to_server_.pop_front();
    objects_.receive(message);
    return true;
  }
  bool deliverToClient() {
    if (to_client_.empty()) return false;
    const auto message = std::move(to_client_.front());
    to_client_.pop_front();
    post(replica_.handle(message, loop_.now()));
    return true;
  }

 private:
  void post(rtmp::ReplicaReaction reaction) {
    for (auto& message : reaction.send) to_server_.push_back(std::move(message));
  }
  void hear(const rtmp::SharedObjectMessage& message) override { to_client_.push_back(message); }
  bool mayWrite(const std::string&, const std::string& slot) override { return slot != "fixed"; }

  rtmp::RemoteSharedObject replica_{"o", false};
  std::deque<rtmp::SharedObjectMessage> to_server_, to_client_;
  bool joined_ = false;
};

class Convergence : public testing::TestWithParam<unsigned>, protected BareStore {
 protected:
  Convergence() : random(GetParam()) {
    for (std::uint64_t id = 1; id <= 2 + GetParam() % 3; ++id) {
      members.push_back(std::make_unique<Member>(loop, store, services.quotas, id));
    }
    object = store.open("o", false, nullptr);
    holder = object->hold();
  }
  unsigned pick(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random); }
  std::string slot() { return std::vector<std::string>{"a", "b", "c", "fixed"}[pick(4)]; }
  void step();
  void settle();

  std::mt19937 random;
  std::vector<std::unique_ptr<Member>> members;
  std::shared_ptr<SharedObjectHost> object;
  SharedObjectHost::HolderId holder = 0;
};

void Convergence::step() {
  Member& member = *members[pick(static_cast<unsigned>(members.size()))];
  switch (pick(20)) {
    case 0:
      return object->set(slot(), pick(5));
    case 1:
      return object->remove(slot());
    case 2:
      return pick(10) == 0 ? object->clear() : void();
    case 3:
      return pick(2) == 0 ? object->lock(holder) : object->unlock(holder);
    case 4:
      if (pick(5) != 0) return;
      if (member.joined()) return member.leave();
      return member.quiet() ? member.join() : void();
    case 5:
      return pick(5) == 0 ? member.lose() : void();
    case 6:
      member.replica().send("hello", {pick(9)}, loop.now());
      return;
    case 7:
    case 8:
    case 9:
      // None: a removal.
      member.replica().set(slot(), pick(4) == 0 ? rtmp::SlotValue() : rtmp::SlotValue(pick(5)), 1,
                           loop.now());
      return;
    case 10:
    case 11:
      return loop.runFor(std::chrono::milliseconds(pick(60)));
    case 12:
    case 13:
      return member.tick();
    case 14:
    case 15:
    case 16:
      member.deliverToServer();
      return;
    default:
      member.deliverToClient();
      return;
  }
}

void Convergence::settle() {
  for (int i = 0; i < 100; ++i) object->unlock(holder);
  for (int i = 0; i < 300; ++i) {
    for (const auto& member : members) {
      if (!member->joined() && member->quiet()) member->join();
    }
    loop.runFor(50ms);
    for (const auto& member : members) {
      member->tick();
      while (member->deliverToServer()) {
      }
    }
    loop.runFor(10ms);
    for (const auto& member : members) {
      while (member->deliverToClient()) {
      }
    }
  }
}

TEST_P(Convergence, EverybodyEndsUpWithWhatTheServerHas) {
  for (int history = 0; history < 20; ++history) {
    for (int i = 0; i < 400; ++i) step();
    settle();
    for (const auto& member : members) {
      const auto& replica = member->replica();
      ASSERT_EQ(replica.state(), rtmp::RemoteSharedObject::State::joined);
      EXPECT_EQ(replica.version(), object->data()->version);
      ASSERT_EQ(replica.confirmed().size(), object->data()->slots.size()) << "history " << history;
      for (const auto& [name, content] : object->data()->slots) {
        EXPECT_EQ(replica.confirmed(name), rtmp::SlotValue(content.value)) << name << ", history " << history;
        EXPECT_EQ(replica.unanswered(name), nullptr);
      }
    }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Convergence, testing::Range(1U, 31U));

}  // namespace
}  // namespace multiconn::test
