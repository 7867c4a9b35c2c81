// An application with an encoder of its own: it links multiconn::multiconn and nothing else.
#include <cstdio>

#include <multiconn/multiconn.hpp>

int main() {
  multiconn::Runtime runtime;
  multiconn::MultiConnection connection(runtime);
  connection.setNetStreams().publish("key");
  std::printf("%s\n", multiconn::name(multiconn::ServerState::connected));
}
