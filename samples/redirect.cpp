// This sample shows how to:
// 1. connect to a load balancer as if it were a server, and be redirected to the least loaded one
// 2. ask it for a server by a call, where it lets every client connect
//
//   redirect rtmp://balancer.example/app
#include <future>
#include <iostream>
#include <multiconn/multiconn.hpp>
#include <string>

#include "sample.hpp"

int main(int argc, char** argv) {
  using namespace multiconn;
  const std::string usage = "usage: redirect rtmp://BALANCER/APP";
  const auto words = sample::commandLine(argc, argv, usage, 1);
  if (words.size() > 1) sample::refuse(usage);

  Runtime runtime;
  MultiConnection connection(runtime);
  bool redirected = false;
  connection.onStatus([&](const Status& status) {
    // The url of a status stays the balancer's; the description has where it leads.
    if (status.code != "NetConnection.Connect.Redirected") return;
    redirected = true;
    std::cout << status.description << std::endl;
  });
  std::promise<SetupOutcome> setup;
  connection.connect({{.url = words[0]}}, [&](const SetupOutcome& outcome) { setup.set_value(outcome); });
  const SetupOutcome outcome = setup.get_future().get();
  if (!outcome.success) {
    sample::printErrors("redirect", outcome);
    return 2;
  }
  // The answer to connect() comes after every status on the way to it.
  if (redirected) {
    std::cout << "Connected there." << std::endl;
    return 0;
  }

  std::promise<Reply> replied;
  connection.callRemote("getLoadBalancerRedirect", [&](const Reply& reply) { replied.set_value(reply); });
  const Reply reply = replied.get_future().get();
  const std::string* host = reply.value.string();
  if (!reply.ok || !host) {
    std::cout << "Connected to " << reply.url << ", which is no balancer." << std::endl;
    return 0;
  }
  if (*host == "unknown") {
    std::cerr << "redirect: the balancer knows no server that can take a client." << std::endl;
    return 2;
  }
  std::cout << "The balancer says: " << *host << std::endl;
  return 0;
}
