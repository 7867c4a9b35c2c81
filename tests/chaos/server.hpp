#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chaos/ledger.hpp"
#include "chaos/wire.hpp"
#include "rtmp/server_session.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::chaos {

/// Whether connections get as far as the handshake. `drops`: no SYN is answered. `mute`: TCP only. `web`: it
/// speaks HTTP.
enum class Door : std::uint8_t { open, unknown_name, refuses, drops, mute, web };

/// What the server does with commands. The default accepts everything.
struct Manners {
  enum class At : std::uint8_t { never, connect, create_stream, publish };
  At mute_at = At::never;                           ///< and to everything after it
  At close_at = At::never;                          ///< without a word
  std::optional<std::size_t> handshake_bytes = {};  ///< of S0, S1 and S2: then mute, or
  bool close_in_handshake = false;
  bool close_after_start = false;
  std::string reject_connect = {}, reject_publish = {};  ///< with this code
  std::string connect_says = {};                         ///< description of it
  AmfValue redirect = {};                                ///< `ex` of reject_connect
  net::Duration delay{};                                 ///< of every answer
  std::optional<int> reset_after = {};                   ///< so many messages of one connection
  bool one_publisher = true;                             ///< BadName while another connection has the name
  bool answers_calls = true;
};

/// How far a client has come: what is under way, or has to be next.
enum class Step : std::uint8_t { handshake, connect, create_stream, publish, publishing, count_ };
const char* name(Step step);

/// One accepted publish.
struct Publication {
  std::uint64_t connection = 0;
  net::TimePoint started{};
  std::vector<Seen> frames;
  std::vector<std::uint32_t> data;  ///< numbers of the application's data messages
  bool metadata_first = false;      ///< before any frame
  bool slow = false;                ///< frames may lack: it did not take all in time
  bool choked = false;              ///< and the next publication need not bring them
  bool ended = false;               ///< by the client
  bool moved = false;               ///< the client has not said that it had lost the one before
};

/// A server that is really RTMP, byte for byte, behind weather and with manners that may change at any time:
/// for what goes through a MessagePump and a Wire. A test of one case, in messages, uses
/// test::SimulatedServer.
class Server {
 public:
  /// `complain` is told what no client may do.
  Server(test::SimulatedLoop& loop, const Ledger& ledger, std::function<void(std::string)> complain);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Door door = Door::open;
  Manners manners;
  std::shared_ptr<Weather> weather = std::make_shared<Weather>();
  /// Half-open connections are noticed after this long.
  net::Duration dead_after = std::chrono::seconds(3);

  /// The way is never good enough for all frames.
  bool narrow = false;
  /// What it says whenever it may say something: the client's own secrets.
  std::string echo;

  std::vector<Publication> publications;
  std::uint64_t connections = 0;
  std::size_t batches = 0;  ///< so often a client has sent several messages in few writes

  /// So often somebody has felt that something is wrong here.
  std::size_t met() const { return met_ + weather->met; }
  void meet() { ++met_; }

  void weatherChanged();
  /// Publications that run now, and those to come until fast(), may lack frames.
  void slow(bool choked);
  void fast() { slow_ = choked_ = false; }
  enum class Ending : std::uint8_t { finish, reset };
  void endAll(Ending ending);
  /// The paths of all present connections go; new ones work.
  void cutAll();
  std::size_t open() const { return clients_.size(); }
  /// Of the newest client; nothing when there is none.
  std::optional<Step> step() const;
  /// On the connection that publishes, or else the newest.
  void say(const rtmp::Message& message);
  void sayRaw(rtmp::BytesView bytes);
  void requestReconnect(std::optional<std::string> tc_url);

  // For Link.
  void accept(std::shared_ptr<Wire> wire);

 private:
  struct Client;
  struct Name {
    std::uint64_t connection;
  };
  Client* speaking();
  Client* find(std::uint64_t number);
  void end(std::uint64_t number, Ending ending);
  void forget(std::uint64_t number);

  test::SimulatedLoop& loop_;
  test::SimulatedScheduler scheduler_{loop_};
  const Ledger& ledger_;
  std::function<void(std::string)> complain_;
  bool slow_ = false, choked_ = false;
  std::size_t met_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::vector<std::weak_ptr<Wire>> wires_;  // of clients that are forgotten too: theirs may not know it yet
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace multiconn::chaos
