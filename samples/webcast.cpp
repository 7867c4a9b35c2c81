// This sample shows how to:
// 1. connect to several servers and wait for NetConnection.Setup.Success
// 2. set up a shared object and a stream on all of them
// 3. put a microphone on air
// It is the full program of the article "Clustering Flash Communication Server for Live Webcasts", in its
// order and with its names; there it reads
//
//   mc = new MultiConnection();
//   mc.connect(['rtmp://server1.com/test','rtmp://server2.com/test']);
//   mc.onStatus = function(objIn) { if (objIn.code == "NetConnection.Setup.Success") { ... } }
//   mc.info_so_sync = function() { trace("so synced"); }
//
// MICROPHONE is what CaptureSource takes: alsa:default, pulse:default, or lavfi:sine for a tone.
//   webcast MICROPHONE rtmp://server1.com/test rtmp://server2.com/test
#include <exception>
#include <future>
#include <iostream>
#include <limits>
#include <multiconn/capture.hpp>
#include <multiconn/multiconn.hpp>
#include <vector>

#include "sample.hpp"

namespace {

using namespace multiconn;

void trace(const std::string& text) {
  std::cout << text << std::endl;
}

int webcast(const std::string& microphone, const std::vector<Destination>& servers) {
  auto myMic = CaptureSource::open(microphone);
  Runtime runtime;
  MultiConnection mc(runtime);
  std::promise<SetupOutcome> setup;
  mc.connect(servers, [&setup](const SetupOutcome& outcome) { setup.set_value(outcome); });
  mc.onStatus([&mc, &myMic](const Status& objIn) {
    trace(objIn.code);
    if (objIn.code == "NetConnection.Setup.Success") {
      mc.sharedObjectSetup("info_so", true);
      mc.setNetStreams();
      mc.attachAudio(myMic.audio());
      mc.nsStatus([](const Status& status) { trace(status.code); });
      mc.publish("webCastName", PublishMode::live);
    }
  });
  mc.on("info_so_sync", [](const Call&) {
    trace("so synced");
    return AmfValue();
  });
  const SetupOutcome outcome = setup.get_future().get();
  sample::printErrors("webcast", outcome);
  if (!outcome.success) return 2;

  std::cin.ignore(std::numeric_limits<std::streamsize>::max());  // on air until the end of the input
  std::promise<void> closed;
  mc.ncClose([&closed] { closed.set_value(); });
  closed.get_future().wait();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto words = sample::commandLine(argc, argv, "usage: webcast MICROPHONE rtmp://HOST/APP...", 2);
  std::vector<Destination> servers;
  for (std::size_t i = 1; i < words.size(); ++i) servers.push_back({.url = words[i]});
  try {
    return webcast(words[0], servers);
  } catch (const std::exception& error) {
    std::cerr << "webcast: " << error.what() << std::endl;
    return 1;
  }
}
