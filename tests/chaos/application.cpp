#include "chaos/application.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::chaos {

using namespace std::chrono_literals;

Application::Application(Stage& stage, Runtime& runtime)
    : stage_(stage),
      random_(stage.random),
      witness_([&stage](const std::string& what) { stage.complaints.add(what); }),
      producer_(stage.plan, stage.random, stage.ledger, stage.alive.payloads) {
  connection_.emplace(runtime, stage.plan.options);
  connection_->onStatus([this](const Status& status) { heard(status); });
  stream_ = connection_->setNetStreams();
  stream_.onStatus([this](const Status& status) { heard(status); });
  if (stage.plan.waits) stream_.live(false);
  stream_.onDrain([this] { witness_.heard(); });
  stream_.onBandwidth([this](const Bandwidth&) { witness_.heard(); });
}

void Application::open() {
  const bool early = random_.chance(70);
  if (early) publish();
  std::vector<Destination> list;
  for (const auto& site : stage_.sites) {
    site->id = static_cast<ServerId>(list.size());
    list.push_back(destinationOf(*site, random_, stage_.world, asked_, stage_.sum.look_ups));
  }
  connection_->connect(std::move(list), [this](const SetupOutcome& outcome) { witness_.heard(outcome); });
  if (early) return;
  stage_.world.loop.runFor(random_.milliseconds(0, 300));
  publish();
}

bool Application::awaitUntouched() {
  const auto publish = [this] {
    const auto rows = connection_->stats();
    return std::all_of(stage_.sites.begin(), stage_.sites.end(), [&](const auto& site) {
      return site->touched || stateOf(rows, site->id) == ServerState::publishing;
    });
  };
  if (stage_.world.loop.runUntil(publish, 3s)) return true;
  stage_.complaints.add("the servers that nothing happens to do not all publish after 3 s");
  return false;
}

void Application::write() {
  if (!producer_.write(stream_, stage_.world.loop.now())) stage_.complaints.add("a frame was refused");
}

void Application::act() {
  switch (random_.number(0, 7)) {
    case 0:
      return again();
    case 1:
    case 2:
      return stream_.send("chaos", {static_cast<double>(data_sent_++)});
    case 3:
      return stream_.metadata({{"title", "chaos"}, {"number", static_cast<double>(random_.number(0, 9))}});
    case 4:
      return call();
    case 5:
      return share();
    case 6:
      return come();
    default:
      return go(*stage_.sites[random_.number(0, stage_.sites.size() - 1)]);
  }
}

bool Application::finish(net::Duration limit) {
  const auto finished = std::make_shared<bool>(false);
  stream_.finish([this, finished] {
    witness_.heard();
    *finished = true;
  });
  return stage_.world.loop.runUntil([&] { return *finished; }, limit);
}

bool Application::close() {
  const auto closed = std::make_shared<bool>(false);
  connection_->ncClose([this, closed] {
    witness_.heard();
    *closed = true;
  });
  if (!stage_.world.loop.runUntil([&] { return *closed; }, 10s)) return false;
  for (const ServerStats& row : connection_->stats()) stage_.site(row.id).counted = row.dropped;
  return true;
}

void Application::checkAllAnswered() {
  witness_.checkReplies();
  witness_.checkAnswered();
}

void Application::destroy() {
  connection_.reset();
  witness_.over();
}

std::vector<ServerStats> Application::stats() {
  auto rows = connection_->stats();
  witness_.heard(rows);
  return rows;
}

void Application::heard(const Status& status) {
  witness_.heard(status);
  stage_.complaints.tell(witness_.story().back());
  if (!status.server) return;
  const bool lost = status.code == "NetStream.Publish.Lost" || status.code == "NetStream.Publish.Stalled" ||
                    status.code == "NetConnection.Connect.Closed";
  if (lost) stage_.site(*status.server).lost_at.push_back(stage_.world.loop.now());
}

void Application::publish() {
  stream_.publish("canaryNAME?token=canaryTOKEN");
  asked_ = true;
  producer_.beginAnew();
}

void Application::again() {
  // What is queued when a publish stops is not sent any more.
  drainUntouched();
  stream_.stop();
  stage_.world.loop.runFor(random_.milliseconds(0, 400));
  publish();
  awaitUntouched();
  producer_.skip(random_.milliseconds(0, 5000));
}

void Application::drainUntouched() {
  const auto drained = [this] {
    const auto rows = connection_->stats();
    return std::all_of(rows.begin(), rows.end(), [&](const ServerStats& row) {
      return stage_.site(row.id).touched || row.queue_bytes == 0;
    });
  };
  if (!stage_.world.loop.runUntil(drained, 5s))
    stage_.complaints.add("the queue of a server that nothing happens to does not get empty");
  stage_.world.loop.runFor(500ms);
}

void Application::call() {
  std::vector<ServerId> asked;
  std::optional<ServerId> one;
  for (const auto& site : stage_.sites)
    if (!site->removed) asked.push_back(site->id);
  if (asked.empty()) return;
  if (random_.chance(50)) asked = {*(one = asked[random_.number(0, asked.size() - 1)])};
  connection_->callRemote("question", witness_.expectReplies(asked), one, {"canaryANSWER"});
}

void Application::share() {
  if (!std::exchange(shared_, true)) connection_->sharedObjectSetup("info");
  connection_->setSoValue("info.data.slot", static_cast<double>(random_.number(0, 99)));
}

void Application::come() {
  if (stage_.sites.size() >= 8) return;
  Site& site = stage_.addSite(true);
  for (Fault& fault : site.faults) fault.at += 200ms;
  stage_.scheduleFaults(site);
  stage_.complaints.tell(site.host + " is added");
  site.id = connection_->add(destinationOf(site, random_, stage_.world, asked_, stage_.sum.look_ups));
}

void Application::go(Site& site) {
  if (!site.touched || site.removed || random_.chance(50)) return;
  stage_.complaints.tell(site.host + " is removed");
  site.removed = true;
  connection_->remove(site.id);
}

std::optional<ServerState> stateOf(const std::vector<ServerStats>& rows, ServerId id) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
  return found == rows.end() ? std::nullopt : std::optional(found->state);
}

}  // namespace multiconn::chaos
