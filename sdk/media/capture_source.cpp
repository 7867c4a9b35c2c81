#include <multiconn/capture.hpp>

#include <stdexcept>
#include <thread>
#include <utility>

#include "media/capture_worker.hpp"
#include "media/device_list.hpp"
#include "media/encode_format.hpp"
#include "media/start_gate.hpp"
#include "media/tracks.hpp"

namespace multiconn {
namespace {

using namespace media;

// A device that blocks for longer is left to itself.
constexpr std::chrono::milliseconds patience{250};

/// Owns the threads of the devices, and decides which of them delivers which track.
class Capture final : public TrackOwner {
 public:
  Capture(const std::vector<DeviceSpec>& specs, const CaptureOptions& options);
  ~Capture() override { close(); }

  bool has(TrackKind kind) const override { return deliverer(kind) != nullptr; }
  bool live() const override { return true; }
  AmfObject properties(TrackKind kind) const override { return deliverer(kind)->properties(kind); }
  void take(TrackKind kind) override { gate_.take(kind); }
  void release(TrackKind kind) override {
    if (gate_.release(kind)) begin();
  }
  void start(TrackKind kind, std::shared_ptr<FrameSink> sink) override;
  void stop(TrackKind kind) override { shared_->delivery.detach(kind); }

 private:
  struct Device {
    std::shared_ptr<CaptureWorker> worker;
    std::thread thread;
  };

  void launch(const DeviceSpec& spec, const CaptureOptions& options);
  void assignTracks();
  const CaptureWorker* deliverer(TrackKind kind) const { return deliverers_[indexOf(kind)].get(); }
  void begin();
  void close();

  const std::shared_ptr<CaptureShared> shared_ = std::make_shared<CaptureShared>();
  std::vector<Device> devices_;
  std::array<std::shared_ptr<CaptureWorker>, 2> deliverers_;
  StartGate gate_;
};

Capture::Capture(const std::vector<DeviceSpec>& specs, const CaptureOptions& options) {
  try {
    for (const DeviceSpec& spec : specs) launch(spec, options);
    const auto deadline = std::chrono::steady_clock::now() + options.open_timeout;
    for (const Device& each : devices_) each.worker->waitUntilOpen(deadline);
    assignTracks();
  } catch (...) {
    close();
    throw;
  }
}

void Capture::launch(const DeviceSpec& spec, const CaptureOptions& options) {
  auto worker = std::make_shared<CaptureWorker>(spec, options, shared_);
  std::thread thread([worker] { worker->run(); });
  devices_.push_back({std::move(worker), std::move(thread)});
}

// The first device that has a track delivers it.
void Capture::assignTracks() {
  for (const Device& each : devices_) {
    const auto takes = [&](TrackKind kind) { return !has(kind) && each.worker->has(kind); };
    const bool audio = takes(TrackKind::audio);
    const bool video = takes(TrackKind::video);
    if (!audio && !video)
      throw std::runtime_error(
          displayName(each.worker->spec()) +
          " delivers only what the first device delivers already; one is for the picture, "
          "one for the sound");
    if (audio) deliverers_[indexOf(TrackKind::audio)] = each.worker;
    if (video) deliverers_[indexOf(TrackKind::video)] = each.worker;
    each.worker->deliver(audio, video);
  }
}

void Capture::start(TrackKind kind, std::shared_ptr<FrameSink> sink) {
  if (!shared_->delivery.attach(kind, std::move(sink))) return;
  if (gate_.start(kind))
    begin();
  else
    shared_->announce();
}

void Capture::begin() {
  const std::lock_guard lock(shared_->mutex);
  shared_->began = std::chrono::steady_clock::now();
  shared_->changed.notify_all();
}

void Capture::close() {
  shared_->delivery.close();
  shared_->stop->set();
  shared_->announce();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (Device& each : devices_) {
    // The last track may have been dropped by a sink, on this very thread.
    const bool own = each.thread.get_id() == std::this_thread::get_id();
    if (!own && each.worker->waitUntilEnded(deadline))
      each.thread.join();
    else
      each.thread.detach();
  }
}

}  // namespace

CaptureSource CaptureSource::open(const std::string& devices, CaptureOptions options) {
  check(options.encode);
  const std::vector<DeviceSpec> specs = parseDevices(devices);
  return CaptureSource(std::make_unique<Tracks>(std::make_shared<Capture>(specs, options)));
}

CaptureSource::CaptureSource(std::unique_ptr<Tracks> tracks) : tracks_(std::move(tracks)) {}
CaptureSource::CaptureSource(CaptureSource&&) noexcept = default;
CaptureSource& CaptureSource::operator=(CaptureSource&&) noexcept = default;
CaptureSource::~CaptureSource() = default;

std::shared_ptr<AudioSource> CaptureSource::audio() {
  return tracks_->audio();
}
std::shared_ptr<VideoSource> CaptureSource::video() {
  return tracks_->video();
}

}  // namespace multiconn
