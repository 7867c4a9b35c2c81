#include <iostream>
#include <multiconn/multiconn.hpp>

/// Asks for a server that nobody can be: whatever the answer is, the whole library was linked and ran.
int main() {
  multiconn::Runtime runtime;
  multiconn::MultiConnection connection(runtime);
  auto stream = connection.setNetStreams();
  stream.publish("key");
  multiconn::EncodedFrame frame;
  frame.codec = multiconn::Codec::h264;
  stream.writeVideo(frame);
  connection.connect({multiconn::Destination::fromPublishUrl("rtmp://127.0.0.1:1/live/key")});
  std::cout << connection.stats().size() << " servers\n";
}
