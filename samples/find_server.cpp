// This sample shows how to:
// 1. ask load balancers over HTTP for the least loaded servers, the next one when one does not answer
// 2. say what each balancer answered when none had a server
//
//   find_server [--count N] http://balancer.example:1935/loadbalancer [http://...]
#include <charconv>
#include <future>
#include <iostream>
#include <multiconn/balancer_client.hpp>
#include <string>
#include <vector>

#include "sample.hpp"

int main(int argc, char** argv) {
  using namespace multiconn;
  const std::string usage =
      "usage: find_server [--count N] http://BALANCER:1935/loadbalancer...  (N: from 1 to 16)";
  auto words = sample::commandLine(argc, argv, usage, 1, "--count");
  BalancerQuestion question;
  if (words.front() == "--count") {
    const std::string count = words.size() < 3 ? "" : words[1];
    const char* const end = count.data() + count.size();
    const auto [stopped, error] = std::from_chars(count.data(), end, question.count);
    const bool number = error == std::errc() && stopped == end;
    if (!number || question.count < 1 || question.count > 16) sample::refuse(usage);
    words.erase(words.begin(), words.begin() + 2);
  }
  question.balancers = words;

  Runtime runtime;
  BalancerClient client(runtime);
  std::promise<BalancerReply> answered;
  client.find(question, [&](const BalancerReply& reply) { answered.set_value(reply); });
  const BalancerReply reply = answered.get_future().get();

  for (const FoundServer& server : reply.servers) {
    std::cout << server.url("");
    if (server.load) std::cout << " load " << *server.load;
    std::cout << std::endl;
  }
  if (reply.ok()) return 0;
  std::cerr << "find_server: " << reply.error << std::endl;
  for (const BalancerOutcome& balancer : reply.balancers)
    std::cerr << "  " << balancer.url << " after " << balancer.elapsed.count()
              << " ms: " << (balancer.error.empty() ? "named a server" : balancer.error) << std::endl;
  return 2;
}
