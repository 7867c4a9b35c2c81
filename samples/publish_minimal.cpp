#include <iostream>
#include <multiconn/av_source.hpp>
#include <multiconn/multiconn.hpp>

int main(int, char** argv) {  // FILE rtmp://one/app/key rtmp://two/app/key
  using namespace multiconn;
  auto film = AvSource::open(argv[1]);
  Runtime runtime;
  MultiConnection connection(runtime);
  connection.nsStatus([](const Status& at) { std::cout << at.url << ' ' << at.code << std::endl; });
  connection.attachAudio(film.audio());
  connection.attachVideo(film.video());
  connection.publish("film");
  connection.connect({Destination::fromPublishUrl(argv[2]), Destination::fromPublishUrl(argv[3])});
  std::cin.get();  // on air until Enter
}
