#include <multiconn/net_stream.hpp>

#include "client/client_core.hpp"

namespace multiconn {

using client::Track;

NetStream::NetStream(std::weak_ptr<ClientCore> core) : core_(std::move(core)) {}

void NetStream::attachAudio(std::shared_ptr<AudioSource> source) {
  const auto core = core_.lock();
  if (!core) return;
  core->post(
      [source = std::move(source)](ClientCore& strand) { strand.stream().attach(Track::audio, source); });
}

void NetStream::attachVideo(std::shared_ptr<VideoSource> source) {
  const auto core = core_.lock();
  if (!core) return;
  core->post(
      [source = std::move(source)](ClientCore& strand) { strand.stream().attach(Track::video, source); });
}

// Opened at once and not on the strand, so that frames may be written right behind.
void NetStream::publish(std::string name, PublishMode mode) {
  const auto core = core_.lock();
  if (!core) return;
  core->postAccepting(true, [name = std::move(name), mode, now = core->now()](ClientCore& strand) {
    strand.publish(name, mode, now);
  });
}

bool NetStream::writeAudio(EncodedFrame frame) {
  const auto core = core_.lock();
  return core && core->write(Track::audio, std::move(frame), client::application_feed);
}

bool NetStream::writeVideo(EncodedFrame frame) {
  const auto core = core_.lock();
  return core && core->write(Track::video, std::move(frame), client::application_feed);
}

void NetStream::metadata(AmfObject properties) {
  const auto core = core_.lock();
  if (!core) return;
  core->post(
      [properties = std::move(properties)](ClientCore& strand) { strand.stream().metadata(properties); });
}

void NetStream::live(bool live) {
  const auto core = core_.lock();
  if (!core) return;
  core->post([live](ClientCore& strand) { strand.stream().live(live); });
}

void NetStream::send(std::string handler, std::vector<AmfValue> arguments) {
  const auto core = core_.lock();
  if (!core) return;
  core->post([handler = std::move(handler), arguments = std::move(arguments)](ClientCore& strand) {
    strand.stream().sendData(handler, arguments);
  });
}

void NetStream::stop() {
  const auto core = core_.lock();
  if (!core) return;
  core->postAccepting(false, [](ClientCore& strand) { strand.stream().stop(); });
}

void NetStream::bufferTime(std::chrono::milliseconds longest) {
  const auto core = core_.lock();
  if (!core) return;
  core->post([longest](ClientCore& strand) { strand.stream().bufferTime(longest); });
}

std::size_t NetStream::queued() const {
  const auto core = core_.lock();
  return core ? core->intake().queued() : 0;
}

void NetStream::onDrain(std::function<void()> callback) {
  const auto core = core_.lock();
  if (!core) return;
  core->post([callback = std::move(callback)](ClientCore& strand) { strand.stream().onDrain(callback); });
}

void NetStream::onBandwidth(std::function<void(const Bandwidth&)> callback) {
  const auto core = core_.lock();
  if (!core) return;
  core->post([callback = std::move(callback)](ClientCore& strand) { strand.stream().onBandwidth(callback); });
}

void NetStream::finish(std::function<void()> done) {
  const auto core = core_.lock();
  if (!core) return;
  core->postAccepting(false, [done = std::move(done)](ClientCore& strand) { strand.stream().finish(done); });
}

std::chrono::milliseconds NetStream::time() const {
  const auto core = core_.lock();
  return core ? core->intake().time() : std::chrono::milliseconds::zero();
}

void NetStream::onStatus(std::function<void(const Status&)> callback) {
  const auto core = core_.lock();
  if (!core) return;
  core->post([callback = std::move(callback)](ClientCore& strand) { strand.onStreamStatus(callback); });
}

void NetStream::close() {
  const auto core = core_.lock();
  if (!core) return;
  core->postAccepting(false, [](ClientCore& strand) { strand.stream().close(); });
}

}  // namespace multiconn
