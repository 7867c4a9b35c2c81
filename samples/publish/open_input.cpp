#include "publish/open_input.hpp"

#include <chrono>
#include <future>
#include <thread>
#include <utility>

namespace publish {
namespace {

Tracks open(const Options& options) {
  const auto tracksOf = [](auto source) { return Tracks{source.audio(), source.video()}; };
  if (options.capture_devices)
    return tracksOf(multiconn::CaptureSource::open(*options.capture_devices, options.capture));
  return tracksOf(multiconn::AvSource::open(options.input, options.source));
}

}  // namespace

std::optional<Tracks> openInput(const Options& options, Inbox& inbox) {
  using std::chrono::steady_clock;
  bool interrupted = false;
  inbox.onInterrupt([&interrupted] { interrupted = true; });
  std::packaged_task<Tracks()> task([&options] { return open(options); });
  auto tracks = task.get_future();
  std::thread thread([&inbox, task = std::move(task)]() mutable {
    task();
    inbox.post([] {});
  });
  const auto opened = [&] {
    return tracks.wait_for(steady_clock::duration::zero()) == std::future_status::ready;
  };
  inbox.runUntil(steady_clock::time_point::max(), [&] { return interrupted || opened(); });
  inbox.onInterrupt({});
  if (interrupted) {
    thread.detach();
    return {};
  }
  thread.join();
  return tracks.get();
}

}  // namespace publish
