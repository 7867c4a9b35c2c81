#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "origin/object_events.hpp"
#include "origin/origin_fixture.hpp"
#include "origin/shared_object_file.hpp"

namespace multiconn::test {

/// A data directory of its own, the servers on it, and clients of persistent objects.
class Persistence : public testing::Test {
 protected:
  OriginOptions options() {
    auto options = testOptions();
    options.data_dir = folder.path();
    options.save_interval = std::chrono::milliseconds(1);
    options.log = [this](OriginLogLevel level, const std::string& line) {
      const std::lock_guard lock(mutex);
      if (level >= OriginLogLevel::warning) log += line + "\n";
    };
    return options;
  }
  std::filesystem::path file(const std::string& scope = "live", const std::string& name = "o") const {
    return origin::objectFolder(folder.path(), scope) / origin::objectFileName(name);
  }
  static ObjectEvents join(RtmpTestClient& client, const std::string& name = "o") {
    if (!client.connect() || !client.sendObject(name, {use()}, true)) return {};
    const auto message = client.nextObject();
    return message ? message->events : ObjectEvents();
  }
  static bool write(RtmpTestClient& client, ObjectEvents events, const std::string& name = "o") {
    return client.sendObject(name, std::move(events), true) && client.nextObject();
  }
  /// How often the log says it.
  std::size_t logged(const std::string& text) {
    const std::lock_guard lock(mutex);
    std::size_t count = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }
  /// In whatever message it comes.
  static bool waitEvent(RtmpTestClient& client, const ObjectEvent& event) {
    while (const auto message = client.nextObject()) {
      if (std::count(message->events.begin(), message->events.end(), event) > 0) return true;
    }
    return false;
  }
  static bool saved(const boost::json::value& status) {
    const auto& applications = status.at("applications").as_array();
    return std::all_of(applications.begin(), applications.end(), [](const auto& application) {
      const auto& objects = application.at("shared_objects").as_array();
      return std::all_of(objects.begin(), objects.end(),
                         [](const auto& object) { return object.at("saved").as_bool(); });
    });
  }

  TemporaryFolder folder;
  std::mutex mutex;
  std::string log;
};

}  // namespace multiconn::test
