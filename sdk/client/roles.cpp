#include "client/roles.hpp"

#include <string>
#include <utility>
#include <vector>

#include "client/outgoing_stream.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

Roles::Roles(net::Scheduler& scheduler, ServerGroup& servers, const ConnectOptions& options,
             RolesEvents& events)
    : scheduler_(scheduler),
      servers_(servers),
      options_(options),
      events_(events),
      standby_(servers, options, events),
      quorum_(options.require) {}

void Roles::added(const Peer& peer) {
  if (!peer.spare()) quorum_.expect(peer.id(), scheduler_.now() + options_.setup_timeout);
  changed();
}

void Roles::removed(ServerId server) {
  quorum_.forget(server);
  changed();
}

void Roles::changed() {
  if (std::exchange(due_, true)) return;
  soon_ = scheduler_.after({}, [this] { tick(); });
}

void Roles::tick() {
  due_ = false;
  soon_.cancel();
  if (servers_.closing()) return;
  const rtmp::TimePoint now = scheduler_.now();
  const std::uint64_t publication = stream_->publication();
  if (publication != std::exchange(publication_, publication)) quorum_.restart();
  standby_.update(publication, now);
  watchQuorum(now);
}

void Roles::watchQuorum(rtmp::TimePoint now) {
  std::vector<Quorum::Member> members;
  for (const auto& peer : servers_.peers())
    if (!peer->spare()) members.push_back({peer->id(), serves(*peer), standby_.takesOver(peer->id(), now)});
  switch (quorum_.update(members, now)) {
    case Quorum::News::none:
      return;
    case Quorum::News::lost:
      return events_.connectionStatus({code::quorum_lost, "error", quorumSentence(), {}, {}, {}});
    case Quorum::News::regained:
      return events_.connectionStatus({code::quorum_regained, "status", quorumSentence(), {}, {}, {}});
  }
}

// Where nothing is published, servers are there for calls and shared objects.
bool Roles::serves(const Peer& peer) const {
  if (publication_ == 0) return peer.connected();
  return peer.publishing() || standby_.replaced(peer.id());
}

std::string Roles::quorumSentence() const {
  const std::size_t required = quorum_.required();
  return std::to_string(quorum_.serving()) + " of " + std::to_string(quorum_.counted()) + " servers " +
         (publication_ == 0 ? "are connected; " : "publish; ") + std::to_string(required) +
         (required == 1 ? " is" : " are") + " required.";
}

}  // namespace multiconn::client
