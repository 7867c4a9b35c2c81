#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <multiconn/application.hpp>

#include "net/scheduler.hpp"
#include "origin/application_directory.hpp"
#include "origin/client_objects.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::origin {

class ClientConnection;
struct ClientRecord;

/// One connection in its application: what the application decides about it, calls in both directions, and
/// its shared objects. Everything on the strand.
class ClientMembership final : SharedObjectSubscriber, ClientObjects::Access {
 public:
  using Replied = std::function<void(const ClientReply&)>;

  ClientMembership(ClientConnection& connection, std::unique_ptr<ApplicationDirectory::Stay> stay,
                   std::shared_ptr<ClientRecord> record);
  ~ClientMembership() override;

  /// Asks the application, which may answer later.
  void begin(const ConnectRequest& request);
  // The answer that came later.
  void accept();
  void reject(const std::string& description, AmfValue application);
  void redirect(const std::string& url, const std::string& description);
  /// The connection has ended.
  void leave();

  void call(const std::string& method, std::vector<AmfValue> arguments, Replied replied);
  void requestReconnect(const std::string& url, const std::string& description);
  void answered(const rtmp::server_event::CallAnswered& answer);

  void called(const rtmp::server_event::Called& call);
  void reply(double transaction, AmfValue value);
  void failReply(double transaction, const std::string& description);

  void received(const rtmp::SharedObjectMessage& message) { objects_.receive(message); }

  /// Whether the application lets it publish or play; if not the client has been told.
  bool mayPublish(const rtmp::server_event::PublishRequested& request);
  bool mayPlay(const rtmp::server_event::PlayRequested& request);
  ApplicationInstance& application() { return **stay_; }

  const std::shared_ptr<ClientRecord>& record() const override { return record_; }

 private:
  enum class State : std::uint8_t { asking, deciding, accepted, over };
  struct Early {
    std::string method;
    std::vector<AmfValue> arguments;
    Replied replied;
  };
  struct Waiting {
    Replied replied;
    net::Timer timer;
  };

  void decide(ConnectDecision decision);
  void turnAway(const std::string& description, AmfValue ex, AmfValue application);
  void sendCall(const std::string& method, std::vector<AmfValue> arguments, Replied replied);
  void timedOut(double transaction);
  void failLater(Replied replied, std::string why);
  void tell(const Replied& replied, const ClientReply& reply);
  void redirectStream(const std::string& url, const std::string& stream);

  std::uint64_t id() const override;
  bool amf3() const override;
  void deliver(const rtmp::OutMessage& message) override;
  void spend(std::size_t work) override;
  bool mayRead(const std::string& object) override;
  bool mayWrite(const std::string& object, const std::string& slot) override;

  ClientConnection& connection_;
  std::unique_ptr<ApplicationDirectory::Stay> stay_;
  std::shared_ptr<ClientRecord> record_;
  State state_ = State::asking;
  std::vector<Early> early_;           // calls that wait for the client's acceptance
  std::map<double, Waiting> waiting_;  // by transaction: calls that wait for its reply
  std::size_t owed_replies_ = 0;       // its calls that wait for ours
  ClientObjects objects_;
};

/// One stream's use by a client, for the application: it is told when this goes; of a play, only when it has
/// begun.
class StreamVisit {
 public:
  enum class Kind : std::uint8_t { publish, play };
  StreamVisit(std::shared_ptr<ClientMembership> member, Kind kind, std::string stream)
      : member_(std::move(member)), kind_(kind), stream_(std::move(stream)) {}
  ~StreamVisit();
  StreamVisit(const StreamVisit&) = delete;
  StreamVisit& operator=(const StreamVisit&) = delete;

  void began();

 private:
  std::shared_ptr<ClientMembership> member_;
  Kind kind_;
  std::string stream_;
  bool began_ = false;
};

}  // namespace multiconn::origin
