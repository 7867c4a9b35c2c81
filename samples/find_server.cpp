// This sample shows how to:
// 1. ask load balancers over HTTP for the least loaded servers, the next one when one does not answer
// 2. say what each balancer answered when none had a server
//
//   find_server [--count N] http://balancer.example:1935/loadbalancer [http://...]
#include <cstdlib>
#include <future>
#include <iostream>
#include <multiconn/balancer_client.hpp>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  using namespace multiconn;
  BalancerQuestion question;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() > 1 && arguments[0] == "--count") {
    question.count = static_cast<std::size_t>(std::atoi(arguments[1].c_str()));
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  question.balancers = arguments;
  if (arguments.empty()) {
    std::cerr << "usage: find_server [--count N] http://BALANCER:1935/loadbalancer..." << std::endl;
    return 1;
  }

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
