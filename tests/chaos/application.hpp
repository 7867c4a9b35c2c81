#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <multiconn/multiconn.hpp>

#include "chaos/producer.hpp"
#include "chaos/stage.hpp"
#include "chaos/witness.hpp"

namespace multiconn::chaos {

/// Who uses the library: its one MultiConnection, and what it does with it while the broadcast runs.
class Application {
 public:
  Application(Stage& stage, Runtime& runtime);

  /// Connects to all sites, and publishes before or after that.
  void open();
  /// Waits until all servers publish to which nothing happens.
  bool awaitUntouched();
  /// The next frames.
  void write();
  /// One of what else applications do.
  void act();
  /// Everything has been sent: waits for it. False: not within this time.
  bool finish(net::Duration limit);
  /// False: it does not end. Else what was counted for each site is noted there.
  bool close();
  /// Once it is closed: complains about what was never answered.
  void checkAllAnswered();
  /// Closed or not.
  void destroy();

  std::vector<ServerStats> stats();
  std::size_t bytesWritten() const { return producer_.bytes(); }
  std::size_t timestampsWrapped() const { return producer_.wrapped(); }
  std::uint32_t dataSent() const { return data_sent_; }

 private:
  void heard(const Status& status);
  void publish();
  void again();
  void drainUntouched();
  void call();
  void share();
  void come();
  void go(Site& site);

  Stage& stage_;
  Random& random_;
  Witness witness_;
  Producer producer_;
  bool asked_ = false, shared_ = false;
  std::uint32_t data_sent_ = 0;
  std::optional<MultiConnection> connection_;
  NetStream stream_;
};

/// Nothing when there is no such row.
std::optional<ServerState> stateOf(const std::vector<ServerStats>& rows, ServerId id);

}  // namespace multiconn::chaos
