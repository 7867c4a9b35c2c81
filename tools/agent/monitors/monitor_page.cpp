#include "agent/monitors/monitor_page.hpp"

#include <stdexcept>
#include <utility>

namespace multiconn::agent {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + "; --monitor-url names another page");
}

}  // namespace

tools::HttpReply askPage(const tools::HttpUrl& url, const tools::Interrupt& interrupt) {
  try {
    return tools::httpExchange(url, {}, &interrupt);
  } catch (const std::runtime_error& error) {
    fail(error.what());
  }
}

std::string readPage(const tools::HttpUrl& url, const tools::Interrupt& interrupt) {
  return bodyOf(url, askPage(url, interrupt));
}

std::string bodyOf(const tools::HttpUrl& url, tools::HttpReply reply) {
  if (reply.status != 200) fail(url.shown() + " answered with HTTP " + std::to_string(reply.status));
  return std::move(reply.body);
}

}  // namespace multiconn::agent
