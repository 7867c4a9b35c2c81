#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/merged_object.hpp"

/// A world of shared object servers, viewers at one server each, and presenters at all of them, in simulated
/// time, with chance that a seed decides. Messages take their time, but keep their order; those of a
/// connection that is cut are lost.
namespace multiconn::test {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 2654435761U + 1) {}
  std::uint64_t below(std::uint64_t limit);
  bool percent(unsigned odds) { return below(100) < odds; }

 private:
  std::uint64_t state_;
};

class ModelLoop {
 public:
  explicit ModelLoop(std::uint64_t seed) : chance(seed) {}
  void at(rtmp::TimePoint when, std::function<void()> task);
  void after(std::chrono::milliseconds delay, std::function<void()> task) {
    at(now + delay, std::move(task));
  }
  /// False when it is not over within the limit.
  bool run(std::chrono::seconds limit);

  Chance chance;
  std::optional<std::chrono::milliseconds> way;  ///< of every message; none: each its own
  rtmp::TimePoint now = rtmp::TimePoint(std::chrono::hours(1));
  std::uint64_t tasks = 0;

 private:
  std::multimap<rtmp::TimePoint, std::function<void()>> tasks_;
};

enum class Manner : std::uint8_t {
  red5,         ///< Success to the author; nothing for others when the value is the same
  crtmpserver,  ///< Success to the author, Change for others always; says nothing when there is nothing to
                ///< remove
  fms,          ///< refuses what was written without knowing the slot's newest value
  echo,         ///< the author gets the Change that everybody gets
};

class ModelServer;

/// One end of a connection to a server, and what comes from there.
class ModelClient {
 public:
  using Hear = std::function<void(const rtmp::SharedObjectMessage&)>;
  ModelClient(ModelLoop& loop, ModelServer& server, Hear hear);
  void send(rtmp::SharedObjectMessage message);
  void hear(rtmp::SharedObjectMessage message);
  void connect();
  /// What is on its way is lost.
  void cut();
  bool connected() const { return connected_; }

 private:
  void later(rtmp::TimePoint& line, std::function<void()> task);

  ModelLoop& loop_;
  ModelServer& server_;
  Hear hear_;
  bool connected_ = false;
  std::uint64_t generation_ = 0;
  rtmp::TimePoint to_server_{}, to_client_{};
};

class ModelServer {
 public:
  using Slots = std::map<std::string, AmfValue>;
  ModelServer(ModelLoop& loop, Manner manner) : loop_(loop), manner_(manner) {}

  void receive(ModelClient& from, const rtmp::SharedObjectMessage& message);
  void drop(ModelClient& client) { std::erase(users_, &client); }
  /// As a script on the server does.
  void clear();
  /// It forgets everything.
  void restart();
  Slots slots() const;

 private:
  struct Slot {
    AmfValue value;
    std::uint32_t version = 0;
    const ModelClient* author = nullptr;
  };
  using Events = std::map<ModelClient*, std::vector<rtmp::SharedObjectEvent>>;

  bool uses(const ModelClient& client) const;
  void join(ModelClient& client);
  void write(ModelClient& from, const rtmp::SharedObjectEvent& event, std::uint32_t seen, Events& answers);
  void tell(Events& events);

  ModelLoop& loop_;
  Manner manner_;
  std::uint32_t version_ = 0;
  std::map<std::string, Slot> slots_;
  std::map<std::string, std::pair<std::uint32_t, const ModelClient*>> removed_;
  std::vector<ModelClient*> users_;
};

/// Somebody with a plain client at one server.
class ModelViewer {
 public:
  ModelViewer(ModelLoop& loop, ModelServer& of);
  void connect();
  void set(const std::string& slot, rtmp::SlotValue value);

  ModelServer* const server;
  ModelClient client;
  ModelServer::Slots seen;  ///< by what the server has told, in its order

 private:
  void hear(const rtmp::SharedObjectMessage& message);

  std::uint32_t version_ = 0;
};

/// A MergedObject at all servers.
class ModelPresenter final : client::MergedObjectEvents {
 public:
  ModelPresenter(ModelLoop& loop, std::vector<std::unique_ptr<ModelServer>>& servers, std::uint64_t seed);
  void connect(std::size_t server);
  void cut(std::size_t server);
  /// After everything that was done to `object`.
  void arm();
  ModelServer::Slots view() const;

  client::MergedObject object;
  std::vector<std::unique_ptr<ModelClient>> clients;
  std::map<std::string, AmfValue> published;  // as viewChanged told
  std::uint64_t written = 0;
  std::vector<Change> changes;

 private:
  void transmit(ServerId server, rtmp::SharedObjectMessage message) override;
  void viewChanged(const std::string& slot, const rtmp::SlotValue& value) override;
  void synced(ServerId server, std::vector<Change> list) override;
  void sent(ServerId, const std::string&, const std::vector<AmfValue>&) override {}
  void status(ServerId, const std::string&, const std::string&) override {}
  void refused(ServerId, bool) override {}
  void noAnswer(ServerId) override {}
  void notCarried(ServerId, const std::string&) override {}

  ModelLoop& loop_;
  std::optional<rtmp::TimePoint> armed_;
};

}  // namespace multiconn::test
