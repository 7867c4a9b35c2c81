#include "balancer/rtmp_client.hpp"

#include <algorithm>
#include <utility>

#include "balancer/answers.hpp"
#include "balancer/client_address.hpp"
#include "balancer/keep_alive.hpp"
#include "balancer/redirect_url.hpp"

namespace multiconn::balancer {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_edges_tried = 3;
// Balancers before this one. A balancer may be the edge of another, and that of a third.
constexpr unsigned max_hops = 3;

// The balancer reads connect and calls; what is carried is not parsed. Of media that a client sends behind
// connect no more than the tape holds is ever gathered.
rtmp::Limits smallLimits() {
  rtmp::Limits limits;
  limits.max_other_message = 64 * 1024;
  limits.reassembly_budget = 128 * 1024;
  limits.max_streams = 4;
  return limits;
}

std::string reasonOf(const balance::Answer& answer) {
  switch (answer.reason) {
    case balance::NoEdge::starting:
      return "The load balancer has just started and does not know its servers yet; try again in a moment.";
    case balance::NoEdge::all_full:
      return "Every server is full.";
    case balance::NoEdge::no_edges:
    case balance::NoEdge::none:
      break;
  }
  return "There is no server at the moment.";
}

}  // namespace

RtmpClient::RtmpClient(RtmpWorkshop& workshop, net::Socket socket, const net::Address& peer, Owner owner)
    : workshop_(workshop),
      context_(workshop.context),
      peer_(peer),
      host_(hostOf(peer)),
      descriptor_(socket.descriptor()),
      owner_(std::move(owner)),
      session_(smallLimits()),
      tape_(
          std::make_shared<Tape>(std::make_unique<net::TcpTransport>(context_.scheduler, std::move(socket)))),
      pump_(std::make_unique<net::MessagePump>(context_.scheduler, Tape::transport(tape_),
                                               rtmp::Handshake::Role::server, smallLimits(),
                                               static_cast<net::PumpEvents&>(*this))) {
  deadline_ = context_.scheduler.after(context_.timeouts.setup, [this] { end(net::CloseMode::abort); });
  pump_->start();
}

RtmpClient::~RtmpClient() {
  if (relay_) --context_.counts.relayed;
  workshop_.own_paths.erase(own_path_);
}

void RtmpClient::message(rtmp::Message message) {
  if (!ending_ && !dialing_) perform(session_.handle(message));
}

void RtmpClient::closed(net::LinkFailure) {
  deadline_.cancel();
  if (const auto gone = std::exchange(owner_.gone, nullptr)) gone();
}

void RtmpClient::perform(rtmp::ServerReaction reaction) {
  pump_->cork();
  for (const rtmp::OutMessage& each : reaction.send) {
    // Answers are small; a client that does not take them is of no use.
    if (!pump_->trySend(each)) return end(net::CloseMode::abort);
  }
  pump_->uncork();
  for (const rtmp::ServerEvent& event : reaction.events) {
    if (ending_ || dialing_) return;
    std::visit([this](const auto& what) { on(what); }, event);
  }
  if (reaction.close != rtmp::Error::none) end(net::CloseMode::graceful);
}

// ---- connect ----

void RtmpClient::on(const rtmp::server_event::ConnectRequested& request) {
  const std::string_view application = applicationIn(request.app);
  if (!context_.options.serves(application))
    return refuse("NetConnection.Connect.InvalidApp", "The load balancer has no application of this name.");
  app_ = request.app;
  query_ = request.query.empty() ? "" : '?' + request.query;
  redirect_ = context_.options.redirectOf(application);
  if (balance::hopsOf(request.object) > max_hops) return refuseCircle();
  const RtmpMode mode = context_.options.mode;
  const bool told =
      mode == RtmpMode::redirect || (mode == RtmpMode::automatic && followsRedirects(request.object));
  if (told && !redirect_.on_connect.value_or(true)) return accept();
  const balance::Answer answer = ask(told ? LookUpForm::rtmp_redirect : LookUpForm::rtmp_relay);
  if (answer.chosen.empty()) return refuse("NetConnection.Connect.Rejected", reasonOf(answer));
  if (told) return redirect(answer.chosen.front().address);
  beginRelay(answer.chosen.front());
}

balance::Answer RtmpClient::ask(LookUpForm form, std::size_t count) {
  balance::Question question;
  question.count = count;
  question.client_address = host_;
  const auto now = context_.scheduler.now();
  if (form == LookUpForm::rtmp_relay || redirect_.scheme.value_or("rtmp") == "rtmp")
    return context_.edges.lookUp(question, form, now);
  // Edges that report no address of that scheme may serve it all the same.
  question.scheme = *redirect_.scheme;
  balance::Answer answer = context_.edges.lookUp(question, form, now);
  if (answer.reason != balance::NoEdge::no_edges) return answer;
  question.scheme = "rtmp";
  return context_.edges.lookUp(question, form, now);
}

void RtmpClient::refuseCircle() {
  const std::string line = workshop_.failures.line(
      "any edge", "balancers carry them to each other in a circle", context_.scheduler.now());
  if (!line.empty()) context_.log(LogLevel::error, line);
  refuse("NetConnection.Connect.Rejected", "The load balancers lead to each other in a circle.");
}

// FFmpeg and rtmpdump wait for ever when the description is empty or the socket stays open.
void RtmpClient::redirect(const balance::RedirectAddress& edge) {
  const AmfObject ex{{"code", 302}, {"redirect", redirectUrl(redirect_, edge, app_ + query_)}};
  // Clients print it: without the query, which may be a secret.
  const std::string description = "Connect to " + redirectUrl(redirect_, edge, app_) + " instead.";
  tape_->stopKeeping();
  perform(session_.rejectConnect("NetConnection.Connect.Rejected", description, ex));
  perform({{rtmp::command(0, "close", 0, nullptr)}, {}, rtmp::Error::none});
  end(net::CloseMode::graceful);
}

void RtmpClient::refuse(std::string_view code, std::string_view description) {
  ++context_.counts.refused;
  tape_->stopKeeping();
  perform(session_.rejectConnect(code, description));
  perform({{rtmp::command(0, "close", 0, nullptr)}, {}, rtmp::Error::none});
  end(net::CloseMode::graceful);
}

// ---- a client that asks by a call ----

void RtmpClient::accept() {
  tape_->stopKeeping();
  deadline_ = context_.scheduler.after(context_.timeouts.call, [this] { end(net::CloseMode::graceful); });
  perform(session_.acceptConnect());
}

void RtmpClient::on(const rtmp::server_event::Called& call) {
  deadline_ = context_.scheduler.after(context_.timeouts.call, [this] { end(net::CloseMode::graceful); });
  if (call.transaction == 0) return;
  if (call.method != "getLoadBalancerRedirect")
    return perform(
        session_.callFailed(call.transaction, "The load balancer has only getLoadBalancerRedirect."));
  const balance::Answer answer = ask(LookUpForm::rtmp_call);
  perform(session_.result(call.transaction,
                          answer.chosen.empty() ? "unknown" : authorityOf(answer.chosen.front().address)));
}

void RtmpClient::on(const rtmp::server_event::PublishRequested& request) {
  redirectStream(request.name, request.query);
}

void RtmpClient::on(const rtmp::server_event::PlayRequested& request) {
  redirectStream(request.name, request.query);
}

// A client that was let in to ask, and goes on without asking. In the form in which SRS redirects: a status
// of the connection, whose redirect2 has the stream as well.
void RtmpClient::redirectStream(const std::string& name, const std::string& query) {
  const balance::Answer answer = ask(LookUpForm::rtmp_redirect);
  if (answer.chosen.empty()) return turnAway(reasonOf(answer));
  const balance::RedirectAddress& edge = answer.chosen.front().address;
  const std::string server = redirectUrl(redirect_, edge, app_);
  AmfObject ex{{"code", 302}, {"redirect", redirectUrl(redirect_, edge, app_ + query_)}};
  // A name with a slash could not be told from an instance.
  if (!name.empty() && name.find('/') == std::string::npos) {
    ex.set("redirect2", server + '/' + name + (query.empty() ? query_ : '?' + query));
  }
  perform(session_.status(0, "error", "NetConnection.Connect.Rejected", "Connect to " + server + " instead.",
                          {{"ex", std::move(ex)}}));
  end(net::CloseMode::graceful);
}

// Of the connection, not of the stream: a publish that is denied is not tried again.
void RtmpClient::turnAway(const std::string& why) {
  ++context_.counts.refused;
  perform(session_.status(0, "error", "NetConnection.Connect.Rejected", why));
  end(net::CloseMode::graceful);
}

// ---- a client that is carried ----

void RtmpClient::beginRelay(const balance::Chosen& edge) {
  if (workshop_.own_paths.contains(pathText(peer_, net::Address::ofSocket(descriptor_)))) {
    context_.log(LogLevel::error, "the redirect address of an edge leads back to this balancer");
    return refuse("NetConnection.Connect.Rejected", "The load balancer was sent to itself.");
  }
  if (!owner_.carry())
    return refuse("NetConnection.Connect.Rejected", "The load balancer carries as many clients as it may.");
  noticeVanishedPeer(descriptor_);
  tape_->pause();
  edge_deadline_ = context_.scheduler.now() + context_.timeouts.edge;
  relay(edge);
}

// A port that is set goes with the scheme that is set; clients are carried by plain RTMP.
std::uint16_t RtmpClient::portOf(const balance::RedirectAddress& edge) const {
  const std::uint16_t own = balancer::portOf(edge);
  return redirect_.scheme.value_or("rtmp") == "rtmp" ? redirect_.port.value_or(own) : own;
}

void RtmpClient::relay(const balance::Chosen& edge) {
  edge_ = edge.address;
  edges_tried_.push_back(edge.guid);
  dialing_ =
      std::make_unique<EdgeConnection>(context_.scheduler, workshop_.names, edge_.host, portOf(edge_),
                                       [this](EdgeReached reached) { edgeReached(std::move(reached)); });
  // One that hangs leaves time for another.
  const net::Duration share =
      (edge_deadline_ - context_.scheduler.now()) / (max_edges_tried + 1 - edges_tried_.size());
  deadline_ = context_.scheduler.after(std::max<net::Duration>(share, milliseconds(50)),
                                       [this] { tryAnotherEdge("no handshake in time"); });
}

void RtmpClient::edgeReached(EdgeReached edge) {
  if (!edge.transport) return tryAnotherEdge(edge.failure);
  startRelay(std::move(edge));
}

void RtmpClient::tryAnotherEdge(const std::string& why) {
  ++context_.counts.edge_failures;
  balance::RedirectAddress address = edge_;
  address.port = portOf(edge_);
  const std::string line = workshop_.failures.line(authorityOf(address), why, context_.scheduler.now());
  if (!line.empty()) context_.log(LogLevel::warning, line);
  dialing_.reset();
  if (edges_tried_.size() < max_edges_tried && context_.scheduler.now() < edge_deadline_) {
    if (const auto another = untriedEdge()) return relay(*another);
  }
  tape_->resume();
  refuse("NetConnection.Connect.Rejected", "No server could be reached.");
}

// The best one may well be one that has been tried: one that died is soon the emptiest.
std::optional<balance::Chosen> RtmpClient::untriedEdge() {
  for (balance::Chosen& edge : ask(LookUpForm::rtmp_relay, edges_tried_.size() + 1).chosen) {
    const bool tried = std::find(edges_tried_.begin(), edges_tried_.end(), edge.guid) != edges_tried_.end();
    if (!tried) return std::move(edge);
  }
  return {};
}

void RtmpClient::startRelay(EdgeReached edge) {
  deadline_.cancel();
  rtmp::Url target;
  target.scheme = "rtmp";
  target.host = edge_.host;
  target.port = portOf(edge_);
  target.app = appOf(redirect_, app_ + query_);
  balance::ConnectRewriter rewriter(target.app, target.tcUrl());
  rtmp::Bytes first = std::move(edge.unsent);
  const bool passed = rewriter.pass(tape_->takeBytes(), first) == rtmp::Error::none;
  // What the client has not taken of our handshake would be lost with the pump.
  if (!passed || pump_->stats().unsent > 0) return end(net::CloseMode::abort);
  auto socket = tape_->takeSocket();
  pump_.reset();
  own_path_ = pathText(edge.own_end, edge.far_end);
  workshop_.own_paths.insert(own_path_);
  ++context_.counts.relayed;
  relay_ =
      std::make_unique<Relay>(context_.scheduler, Relay::Side{std::move(socket), std::move(edge.received)},
                              Relay::Side{std::move(edge.transport), std::move(first)}, std::move(rewriter),
                              context_.timeouts.relay, context_.counts.carried, [this] { closed({}); });
  dialing_.reset();
}

void RtmpClient::end(net::CloseMode mode) {
  if (std::exchange(ending_, true)) return;
  deadline_.cancel();
  dialing_.reset();
  if (pump_) pump_->close(mode);
}

}  // namespace multiconn::balancer
