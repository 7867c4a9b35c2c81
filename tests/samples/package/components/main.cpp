#include <chrono>
#include <future>
#include <iostream>
#include <string>

#include <multiconn/av_source.hpp>
#include <multiconn/librtmp.hpp>
#include <multiconn/multiconn.hpp>
#include <multiconn/origin.hpp>

/// Publishes the file to a server of its own, over librtmp.
int main(int, char** argv) {
  using namespace multiconn;
  OriginOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  const OriginServer server(options);
  auto film = AvSource::open(argv[1], {.realtime = false});
  std::promise<void> ended;
  Runtime runtime;
  MultiConnection connection(runtime);
  connection.nsStatus([&](const Status& at) {
    std::cout << at.code << std::endl;
    if (at.code == "NetStream.Source.Complete") ended.set_value();
  });
  connection.attachAudio(film.audio());
  connection.attachVideo(film.video());
  connection.publish("film");
  auto destination =
      Destination::fromPublishUrl("rtmp://127.0.0.1:" + std::to_string(server.port()) + "/live/film");
  useLibrtmp();
  destination.engine = LinkEngine::librtmp;
  connection.connect({destination});
  const auto end = ended.get_future().wait_for(std::chrono::seconds(20));
  return end == std::future_status::ready ? 0 : 1;
}
