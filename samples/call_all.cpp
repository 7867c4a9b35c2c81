// This sample shows how to:
// 1. call a method on every server at once, and get one reply from each
// 2. answer calls that servers make
//
//   call_all echo rtmp://one.example/app rtmp://two.example/app
#include <future>
#include <iostream>
#include <multiconn/multiconn.hpp>
#include <string>
#include <vector>

#include "sample.hpp"

namespace {

using namespace multiconn;

std::string shown(const AmfValue& value) {
  if (const std::string* text = value.string()) return '"' + *text + '"';
  if (const double* number = value.number()) return std::to_string(*number);
  if (const bool* flag = value.boolean()) return *flag ? "true" : "false";
  return value.object() || value.array() ? "an object" : "nothing";
}

}  // namespace

int main(int argc, char** argv) {
  const auto words = sample::commandLine(argc, argv, "usage: call_all METHOD rtmp://HOST/APP...", 2);
  std::vector<Destination> servers;
  for (std::size_t i = 1; i < words.size(); ++i) servers.push_back({.url = words[i]});

  Runtime runtime;
  MultiConnection connection(runtime);
  connection.on("hello", [](const Call& call) {
    std::cout << "a server says hello" << std::endl;
    return AmfValue("hello, server " + std::to_string(static_cast<int>(call.server)));
  });

  std::promise<SetupOutcome> setup;
  connection.connect(servers, [&](const SetupOutcome& outcome) { setup.set_value(outcome); });
  const SetupOutcome outcome = setup.get_future().get();
  sample::printErrors("call_all", outcome);

  // One reply comes from each of them, also from those that are not connected.
  std::promise<void> all_replied;
  std::size_t waiting = servers.size();
  bool failed = false;
  const auto replied = [&](const Reply& reply) {
    std::cout << reply.url;
    if (reply.ok)
      std::cout << " returned " << shown(reply.value) << std::endl;
    else
      std::cout << " failed: " << reply.status.code << ": " << reply.status.description << std::endl;
    failed = failed || !reply.ok;
    if (--waiting == 0) all_replied.set_value();
  };
  connection.callRemote(words[0], replied, {}, {"from call_all"});
  all_replied.get_future().wait();
  return failed || !outcome.success ? 3 : 0;
}
