#include "librtmp/engines/viewer.hpp"

#include <algorithm>
#include <future>

#include "support/media_frames.hpp"
#include "support/rtmp_test_client.hpp"

namespace multiconn::test {

using namespace std::chrono_literals;

Viewer::Viewer(const ConnectOptions& options)
    : connection(runtime, options), stream(connection.setNetStreams()) {
  connection.onStatus([this](const Status& status) { statuses.add(status); });
  stream.onStatus([this](const Status& status) { statuses.add(status); });
}

SetupOutcome Viewer::connect(std::vector<Destination> destinations) {
  auto answer = std::make_shared<std::promise<SetupOutcome>>();
  connection.connect(std::move(destinations),
                     [answer](SetupOutcome result) { answer->set_value(std::move(result)); });
  auto result = answer->get_future();
  if (result.wait_for(20s) == std::future_status::ready) outcome = result.get();
  return outcome;
}

std::optional<Reply> Viewer::call(const std::string& method, std::vector<AmfValue> arguments) {
  auto replies = callMany(method, 1, [&](std::size_t) { return std::move(arguments); });
  if (replies.empty()) return {};
  return std::move(replies.front());
}

std::vector<Reply> Viewer::callMany(const std::string& method, std::size_t count,
                                    const std::function<std::vector<AmfValue>(std::size_t)>& arguments) {
  const auto replies = std::make_shared<Gathered<Reply>>();
  for (std::size_t i = 0; i < count; ++i)
    connection.callRemote(
        method, [replies](const Reply& reply) { replies->add(reply); }, ServerId{0}, arguments(i));
  replies->waitForCount(count);
  return replies->all();
}

bool Viewer::waitStatus(const std::string& code, std::size_t times) const {
  return statuses.waitFor([&](const std::vector<Status>& all) {
    const auto matches =
        std::count_if(all.begin(), all.end(), [&](const Status& status) { return status.code == code; });
    return static_cast<std::size_t>(matches) >= times;
  });
}

std::optional<Status> Viewer::find(const std::string& code) const {
  for (Status& status : statuses.all())
    if (status.code == code) return std::move(status);
  return {};
}

std::size_t Viewer::count(const std::string& code) const {
  std::size_t count = 0;
  for (const Status& status : statuses.all()) count += status.code == code ? 1U : 0U;
  return count;
}

std::string Viewer::everythingSaid() const {
  std::string said;
  for (const Status& status : statuses.all()) {
    said += status.code + " " + status.description + " " + status.url + "\n";
    if (const AmfObject* info = status.info.object()) said += info->stringOr("description", "");
  }
  for (const ServerOutcome& server : outcome.servers) said += server.url + " " + server.error + "\n";
  for (const ServerStats& server : connection.stats()) said += server.url + " " + server.error + "\n";
  return said;
}

void Viewer::writePictures(std::uint32_t first, std::uint32_t count, std::size_t size, std::uint32_t gop) {
  if (first == 0) stream.writeVideo(videoConfig());
  for (std::uint32_t i = first; i < first + count; ++i)
    stream.writeVideo(video(i % gop == 0 ? FrameKind::key : FrameKind::inter, i, 40ms * i, size));
}

// The callbacks may still run once this has gone: they hold the notes and the object, no more.
Held::Held(Viewer& viewer, const std::string& name, bool persistent)
    : object(viewer.connection.sharedObjectSetup(name, persistent)) {
  object.onSync([notes = notes_](std::span<const Change> changes) {
    for (const Change& change : changes)
      notes->add(multiconn::name(change.code) + (change.slot.empty() ? "" : " " + change.slot));
  });
  object.on("say", [notes = notes_](ServerId, const std::vector<AmfValue>& arguments) {
    const std::string* text = arguments.empty() ? nullptr : arguments[0].string();
    notes->add("said " + (text ? *text : "nothing"));
  });
  object.onStatus([notes = notes_](const Status& status) { notes->add(status.code); });
}

bool Held::waitNote(const std::string& note, std::size_t times) const {
  return notes_->waitFor([&](const std::vector<std::string>& all) {
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), note)) >= times;
  });
}

bool Held::waitJoined() const {
  return eventually(
      [this] {
        const std::vector<SharedObjectServer> servers = object.servers();
        return !servers.empty() && std::all_of(servers.begin(), servers.end(), [](const auto& server) {
          return server.state == SharedObjectServer::State::joined;
        });
      },
      20s);
}

bool Held::waitValue(const std::string& slot, const std::optional<AmfValue>& value) const {
  return notes_->waitFor([&](const std::vector<std::string>&) { return object.get(slot) == value; });
}

}  // namespace multiconn::test
