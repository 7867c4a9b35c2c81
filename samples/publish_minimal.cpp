#include <iostream>
#include <multiconn/av_source.hpp>
#include <multiconn/multiconn.hpp>
#include <stdexcept>

int main(int argc, char** argv) try {
  using namespace multiconn;
  if (argc != 4) throw std::runtime_error("usage: publish_minimal FILE rtmp://a/app/key rtmp://b/app/key");
  auto film = AvSource::open(argv[1]);
  Runtime runtime;
  MultiConnection connection(runtime);
  connection.nsStatus([](const Status& at) { std::cout << at.url << ' ' << at.code << std::endl; });
  connection.attachAudio(film.audio());
  connection.attachVideo(film.video());
  connection.publish("film");
  connection.connect({Destination::fromPublishUrl(argv[2]), Destination::fromPublishUrl(argv[3])});
  std::cin.get();  // on air until Enter
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
