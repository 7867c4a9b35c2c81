#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <variant>
#include <vector>

#include "rtmp/client_session.hpp"
#include "rtmp/connection.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::rtmp::test {

/// A client and a server of the protocol core, joined in memory. Time passes only by advance(); bytes are
/// split by a seeded generator, so that every run is the same.
class Pair {
 public:
  struct Options {
    Limits client_limits = {}, server_limits = {};
    ConnectRequest request{"live", "rtmp://localhost/live", {}, true, {}};
    HandshakeForm form = HandshakeForm::simple;
    std::size_t max_fragment = 0;  ///< bytes are delivered in random pieces up to this size; 0: in one piece
    std::uint32_t seed = 1;
    std::uint32_t chunk_size = 60'000;  ///< announced by both before anything else; 0: none is
  };
  explicit Pair(Options options);
  Pair() : Pair(Options{}) {}

  /// Sends what a session reacted with, as soon as the handshake allows.
  void fromClient(ClientReaction reaction);
  void fromServer(ServerReaction reaction);
  void fromClient(OutMessage message);
  void fromServer(OutMessage message);

  /// Carries bytes both ways until neither side has anything left to say.
  void run();
  /// As run(), but each side gets at most this many bytes; true when something is left.
  bool carry(std::size_t bytes);
  void advance(std::chrono::milliseconds time) { now_ += time; }
  /// From now on nothing arrives at either side.
  void cut() { cut_ = true; }

  /// connect (with the publish, if one is given) and everything that follows from it.
  void connect(std::optional<PublishRequest> publish = {});

  /// What the application behind the server does; by default it accepts every connect, publish and play at
  /// once.
  std::function<void(Pair&, const ServerEvent&)> on_server_event;

  ClientSession& client() { return client_session_; }
  ServerSession& server() { return server_session_; }
  Connection& clientConnection() { return client_.connection; }
  Connection& serverConnection() { return server_.connection; }
  Error clientError() const { return client_.error; }
  Error serverError() const { return server_.error; }
  TimePoint now() const { return now_; }

  std::vector<ClientEvent> client_events;
  std::vector<ServerEvent> server_events;
  std::vector<Message> client_received, server_received;

  /// The events of one kind, in order.
  template <typename Event>
  std::vector<Event> clientSaw() const {
    return filter<Event>(client_events);
  }
  template <typename Event>
  std::vector<Event> serverSaw() const {
    return filter<Event>(server_events);
  }

 private:
  struct Side {
    Connection connection;
    std::vector<OutMessage> waiting;  // for the handshake
    Bytes wire;                       // written, not yet delivered
    bool announced = false;           // its chunk size
    Error error = Error::none;
  };

  template <typename Event, typename Events>
  static std::vector<Event> filter(const Events& events) {
    std::vector<Event> found;
    for (const auto& event : events) {
      if (const auto* match = std::get_if<Event>(&event)) found.push_back(*match);
    }
    return found;
  }
  void write(Side& side);
  std::size_t deliver(Side& from, Side& to, std::size_t most, std::vector<Message>& received);
  void handleAtClient(std::vector<Message> messages);
  void handleAtServer(std::vector<Message> messages);

  Options options_;
  TimePoint now_{};
  std::mt19937 random_;
  bool cut_ = false;
  Side client_, server_;
  ClientSession client_session_;
  ServerSession server_session_;
};

/// Accepts whatever the event asks for.
void acceptEverything(Pair& pair, const ServerEvent& event);

}  // namespace multiconn::rtmp::test
