#include "agent/http/resolve.hpp"

#include <netdb.h>
#include <poll.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace multiconn::tools {
namespace {

/// Shared by the asker and the resolver's thread, whichever ends last.
struct Question {
  std::mutex mutex;
  std::vector<net::Address> addresses;
  Interrupt answered;
};

std::vector<net::Address> ask(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  std::vector<net::Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
      addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace

std::vector<net::Address> resolve(const std::string& host, std::uint16_t port, Deadline deadline,
                                  const Interrupt* interrupt) {
  if (const auto numeric = net::Address::numeric(host, port)) return {*numeric};
  const auto question = std::make_shared<Question>();
  std::thread([question, host, port] {
    auto addresses = ask(host, port);
    const std::lock_guard lock(question->mutex);
    question->addresses = std::move(addresses);
    question->answered.raise();
  }).detach();
  if (waitFor(question->answered.descriptor(), POLLIN, deadline, interrupt) != Waited::ready)
    throw std::runtime_error("the name " + host + " could not be looked up in time");
  const std::lock_guard lock(question->mutex);
  if (question->addresses.empty()) throw std::runtime_error("the name " + host + " was not found");
  return question->addresses;
}

}  // namespace multiconn::tools
