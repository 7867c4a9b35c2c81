/// record_film FILE URL record|append: publishes FILE under URL's stream name and asks the server to keep it.
#include <future>
#include <iostream>
#include <string_view>
#include <utility>

#include <multiconn/av_source.hpp>
#include <multiconn/multiconn.hpp>

int main(int, char** argv) {
  using namespace multiconn;
  const auto mode = argv[3] == std::string_view("append") ? PublishMode::append : PublishMode::record;
  std::promise<int> ended;
  bool told = false;
  const auto end = [&](int code) {
    if (!std::exchange(told, true)) ended.set_value(code);
  };
  auto film = AvSource::open(argv[1], {.realtime = false});
  Runtime runtime;
  MultiConnection connection(runtime);
  NetStream stream = connection.setNetStreams();
  stream.onStatus([&](const Status& at) {
    std::cout << at.code << std::endl;
    if (at.code == "NetStream.Source.Complete") stream.finish([&] { end(0); });
    if (at.level == "error") end(1);
  });
  stream.attachAudio(film.audio());
  stream.attachVideo(film.video());
  stream.publish("film", mode);
  connection.connect({Destination::fromPublishUrl(argv[2])});
  return ended.get_future().get();
}
