#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/merged_model.hpp"
#include "rtmp/shared_object_text.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using rtmp::SlotValue;

std::string shown(const ModelServer::Slots& slots) {
  std::string line;
  for (const auto& [slot, value] : slots) line += slot + "=" + rtmp::test::text(value) + " ";
  return line;
}

/// One history: everybody does what chance says for a few seconds, then all connections come back and nobody
/// writes any more.
class History {
 public:
  struct Plan {
    std::size_t relaying = 1, plain = 0;
    bool own_slots = false;  ///< presenters write slots that nobody else does, and servers do not clear
    bool restarts = true;
  };
  History(std::uint64_t seed, Plan plan) : loop(seed), plan_(plan) {
    const std::size_t count = 2 + pick(3);
    for (std::size_t i = 0; i < count; ++i)
      servers.push_back(std::make_unique<ModelServer>(loop, static_cast<Manner>(pick(4))));
    for (auto& server : servers)
      for (std::size_t i = pick(3); i > 0; --i)
        viewers.push_back(std::make_unique<ModelViewer>(loop, *server));
    for (std::size_t i = 0; i < plan.relaying + plan.plain; ++i) {
      presenters.push_back(std::make_unique<ModelPresenter>(loop, servers, seed * 100 + i));
      presenters.back()->object.relay(i < plan.relaying, loop.now);
    }
  }

  /// False when there is no end to it.
  bool run() {
    for (auto& viewer : viewers) soon(300, [&viewer] { viewer->connect(); });
    for (auto& presenter : presenters)
      for (std::size_t s = 0; s < servers.size(); ++s)
        soon(loop.chance.percent(20) ? 3000 : 300, [&presenter, s] { reconnect(*presenter, s); });
    const std::uint64_t busy = 200 + loop.chance.below(4000);
    for (std::size_t steps = 5 + pick(40); steps > 0; --steps) soon(busy, [this] { step(); });
    loop.after(std::chrono::milliseconds(busy + 3000), [this] { mend(); });
    return loop.run(30s);
  }

  ModelLoop loop;
  std::vector<std::unique_ptr<ModelServer>> servers;
  std::vector<std::unique_ptr<ModelViewer>> viewers;
  std::vector<std::unique_ptr<ModelPresenter>> presenters;

 private:
  std::size_t pick(std::size_t below) { return static_cast<std::size_t>(loop.chance.below(below)); }
  void soon(std::uint64_t within, std::function<void()> task) {
    loop.after(std::chrono::milliseconds(loop.chance.below(within)), std::move(task));
  }
  SlotValue value() {
    return loop.chance.percent(25) ? SlotValue() : SlotValue(AmfValue(loop.chance.below(4)));
  }

  void step() {
    const std::string slot(1, static_cast<char>('a' + pick(3)));
    const std::size_t presenter = pick(presenters.size());
    const std::string own = plan_.own_slots ? slot + std::to_string(presenter) : slot;
    const std::uint64_t what = loop.chance.below(100);
    if (what < 40 && !viewers.empty()) return viewers[pick(viewers.size())]->set(slot, value());
    if (what < 75) {
      presenters[presenter]->object.set(own, value(), loop.now);
      return presenters[presenter]->arm();
    }
    if (what < 78 && !plan_.own_slots) {
      presenters[presenter]->object.clear(loop.now);
      return presenters[presenter]->arm();
    }
    if (what < 81 && !plan_.own_slots) return servers[pick(servers.size())]->clear();
    if (what < 93 || !plan_.restarts) return partition(presenter, pick(servers.size()));
    return restart(pick(servers.size()));
  }

  void partition(std::size_t presenter, std::size_t server) {
    presenters[presenter]->cut(server);
    soon(2000, [this, presenter, server] { reconnect(*presenters[presenter], server); });
  }

  void restart(std::size_t server) {
    for (auto& viewer : viewers)
      if (viewer->server == servers[server].get()) {
        viewer->client.cut();
        soon(1000, [&viewer] {
          if (!viewer->client.connected()) viewer->connect();
        });
      }
    for (std::size_t p = 0; p < presenters.size(); ++p) partition(p, server);
    servers[server]->restart();
  }

  static void reconnect(ModelPresenter& presenter, std::size_t server) {
    if (!presenter.clients[server]->connected()) presenter.connect(server);
  }

  void mend() {
    for (std::size_t p = 0; p < presenters.size(); ++p)
      for (std::size_t s = 0; s < servers.size(); ++s) reconnect(*presenters[p], s);
  }

  Plan plan_;
};

void expectSeen(const ModelViewer& viewer) {
  EXPECT_EQ(shown(viewer.seen), shown(viewer.server->slots())) << "a viewer";
}

void expectAllEqual(const History& history) {
  const ModelServer::Slots expected = history.presenters.front()->view();
  for (std::size_t s = 0; s < history.servers.size(); ++s)
    EXPECT_EQ(shown(history.servers[s]->slots()), shown(expected)) << "server " << s;
  for (const auto& viewer : history.viewers) expectSeen(*viewer);
  for (std::size_t p = 0; p < history.presenters.size(); ++p) {
    EXPECT_EQ(shown(history.presenters[p]->view()), shown(expected)) << "presenter " << p;
    EXPECT_EQ(shown(history.presenters[p]->published), shown(history.presenters[p]->view()));
    EXPECT_LT(history.presenters[p]->written, 300U) << "presenter " << p;
  }
}

void checkRelay(std::uint64_t first_seed, std::size_t histories, History::Plan plan) {
  for (std::uint64_t seed = first_seed; seed < first_seed + histories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed, plan);
    ASSERT_TRUE(history.run()) << "no end to it";
    expectAllEqual(history);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(MergedRandomTest, OneRelayingPresenter) {
  checkRelay(1, 1500, {.relaying = 1});
}

TEST(MergedRandomTest, OneRelayingAndOnePlainPresenter) {
  checkRelay(100001, 700, {.relaying = 1, .plain = 1});
}

TEST(MergedRandomTest, TwoRelayingPresenters) {
  checkRelay(200001, 700, {.relaying = 2});
}

TEST(MergedRandomTest, ThreeRelayingAndOnePlainPresenter) {
  checkRelay(300001, 200, {.relaying = 3, .plain = 1});
}

// Nothing but their own chance can part them: every way takes the same time.
TEST(MergedRandomTest, TwoRelayingPresentersInStep) {
  for (const Manner manner : {Manner::red5, Manner::crtmpserver, Manner::fms, Manner::echo}) {
    ModelLoop loop(1);
    loop.way = 10ms;
    std::vector<std::unique_ptr<ModelServer>> servers;
    for (int i = 0; i < 2; ++i) servers.push_back(std::make_unique<ModelServer>(loop, manner));
    ModelPresenter first(loop, servers, 1), second(loop, servers, 2);
    for (ModelPresenter* presenter : {&first, &second}) {
      presenter->object.relay(true, loop.now);
      for (std::size_t s = 0; s < 2; ++s) presenter->connect(s);
    }
    ModelViewer left(loop, *servers[0]), right(loop, *servers[1]);
    left.connect();
    right.connect();
    loop.after(500ms, [&] {
      left.set("x", AmfValue(1));
      right.set("x", AmfValue(2));
      first.object.set("y", AmfValue(1), loop.now);
      second.object.set("y", AmfValue(2), loop.now);
      first.arm();
      second.arm();
    });
    ASSERT_TRUE(loop.run(20s)) << "manner " << static_cast<int>(manner);
    EXPECT_EQ(shown(servers[0]->slots()), shown(servers[1]->slots()));
    EXPECT_EQ(shown(first.view()), shown(servers[0]->slots()));
    EXPECT_EQ(shown(second.view()), shown(servers[0]->slots()));
    expectSeen(left);
    expectSeen(right);
  }
}

// Nobody carries over what viewers do, but what the presenters wrote is everywhere.
void checkOwn(std::uint64_t first_seed, std::size_t histories, History::Plan plan) {
  for (std::uint64_t seed = first_seed; seed < first_seed + histories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed, plan);
    ASSERT_TRUE(history.run()) << "no end to it";
    for (std::size_t p = 0; p < plan.plain; ++p) {
      const auto own = [p](ModelServer::Slots slots) {
        std::erase_if(slots,
                      [p](const auto& slot) { return slot.first.back() != static_cast<char>('0' + p); });
        return shown(slots);
      };
      const std::string expected = own(history.presenters[p]->view());
      for (const auto& server : history.servers) EXPECT_EQ(own(server->slots()), expected);
      for (const auto& viewer : history.viewers) EXPECT_EQ(own(viewer->seen), expected);
      for (const auto& presenter : history.presenters) EXPECT_EQ(own(presenter->view()), expected);
    }
    if (testing::Test::HasFailure()) return;
  }
}

TEST(MergedRandomTest, WithoutRelayOwnWritesAreEverywhere) {
  checkOwn(400001, 700, {.relaying = 0, .plain = 1, .own_slots = true});
}

TEST(MergedRandomTest, WithoutRelayTwoPresentersLeaveEachOthersSlotsAlone) {
  checkOwn(500001, 700, {.relaying = 0, .plain = 2, .own_slots = true, .restarts = false});
}

}  // namespace
}  // namespace multiconn::test
