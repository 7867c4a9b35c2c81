#include "client/balancer_desk.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::client {

void BalancerDesk::ask(Peer& peer, rtmp::TimePoint called_at, std::chrono::milliseconds patience) {
  const auto& question = peer.target().question;
  for (const auto& inquiry : inquiries_)
    if (inquiry->question == question && !inquiry->lookup) return inquiry->peers.push_back(&peer);
  auto inquiry = std::make_unique<Inquiry>();
  inquiry->question = question;
  inquiry->peers.push_back(&peer);
  inquiry->called_at = called_at;
  inquiry->patience = patience;
  inquiry->start = scheduler_.after(rtmp::Duration::zero(), [this, raw = inquiry.get()] { start(*raw); });
  inquiries_.push_back(std::move(inquiry));
}

void BalancerDesk::start(Inquiry& inquiry) {
  BalancerQuestion question = *inquiry.question;
  question.count = inquiry.peers.size();
  question.timeout = inquiry.patience;
  inquiry.lookup = std::make_unique<BalancerLookup>(
      scheduler_, engine_, std::move(question),
      [this, &inquiry](const BalancerReply& reply) { answered(inquiry, reply); });
  inquiry.lookup->wanted([this, &inquiry](const FoundServer& server) { return isFree(inquiry, server); });
  inquiry.lookup->start(inquiry.called_at);
}

bool BalancerDesk::isFree(const Inquiry& inquiry, const FoundServer& server) const {
  const Target found = foundTarget(inquiry.peers.front()->target(), server);
  return std::none_of(peers_.begin(), peers_.end(), [&](const auto& peer) {
    return !peer->target().unknown() && samePlace(peer->target(), found, peer->name());
  });
}

void BalancerDesk::answered(Inquiry& inquiry, const BalancerReply& reply) {
  const auto own = std::find_if(inquiries_.begin(), inquiries_.end(),
                                [&](const auto& one) { return one.get() == &inquiry; });
  const auto ended = std::move(*own);  // its look-up is on the stack: it goes with this call
  inquiries_.erase(own);
  as_one_([&] { tell(*ended, reply); });
}

void BalancerDesk::tell(const Inquiry& inquiry, const BalancerReply& reply) const {
  auto server = reply.servers.begin();
  for (Peer* peer : inquiry.peers) {
    // Another question may have been answered with it meanwhile.
    server = std::find_if(server, reply.servers.end(),
                          [&](const FoundServer& named) { return isFree(inquiry, named); });
    if (server != reply.servers.end())
      peer->found(*server++);
    else
      peer->notFound(
          reply.ok() ? "The balancers named no server that is not in use here already." : inDetail(reply),
          inquiry.lookup->hopeless());
  }
}

void BalancerDesk::forget(Peer& peer) {
  for (const auto& inquiry : inquiries_) std::erase(inquiry->peers, &peer);
  std::erase_if(inquiries_, [](const auto& inquiry) { return inquiry->peers.empty(); });
}

std::string BalancerDesk::standing(const Peer& peer) const {
  for (const auto& inquiry : inquiries_) {
    const auto& peers = inquiry->peers;
    if (std::find(peers.begin(), peers.end(), &peer) == peers.end()) continue;
    return inquiry->lookup ? inDetail(inquiry->lookup->standing()) : "No balancer has been asked yet.";
  }
  return {};
}

}  // namespace multiconn::client
