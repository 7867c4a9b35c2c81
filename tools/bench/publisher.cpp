#include "publisher.hpp"

#include <future>
#include <iostream>
#include <multiconn/multiconn.hpp>

#include "flv_feed.hpp"
#include "process.hpp"
#include "sockets.hpp"

namespace multiconn::bench {
namespace {

std::vector<Destination> destinations(std::uint16_t port, std::size_t count, const std::string& ca_file) {
  std::vector<Destination> list;
  for (std::size_t i = 0; i < count; ++i) {
    Destination destination;
    destination.url =
        (ca_file.empty() ? "rtmp" : "rtmps") + std::string("://127.0.0.1:") + std::to_string(port) + "/live";
    destination.stream = streamName(i);
    if (!ca_file.empty()) destination.tls = TlsOptions{ca_file, false};
    list.push_back(std::move(destination));
  }
  return list;
}

}  // namespace

int runPublisher(const std::string& file, std::uint16_t port, std::size_t count, std::size_t repeat,
                 bool paced, const std::string& ca_file) {
  raiseDescriptorLimit();
  const auto feed = std::make_shared<FlvFeed>(file, repeat, paced);
  std::cout << cpuSecondsSoFar() << std::endl;
  Runtime runtime;
  MultiConnection connection(runtime);
  NetStream stream = connection.setNetStreams();
  stream.attachAudio(feed->audio());
  stream.attachVideo(feed->video());
  stream.publish("bench");
  connection.connect(destinations(port, count, ca_file));
  feed->wait();
  std::promise<void> finished;
  stream.finish([&] { finished.set_value(); });
  finished.get_future().wait();
  std::uint64_t dropped = 0;
  for (const ServerStats& server : connection.stats()) {
    dropped += server.frames_dropped;
    if (server.state == ServerState::failed)
      std::cerr << "multiconn-bench: " << server.url << ": " << server.error << '\n';
  }
  std::promise<void> closed;
  connection.ncClose([&] { closed.set_value(); });
  closed.get_future().wait();
  return dropped == 0 ? 0 : 3;
}

}  // namespace multiconn::bench
