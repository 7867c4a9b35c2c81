#include "net/name_lookup.hpp"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <mutex>
#include <thread>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"

namespace multiconn::net {
namespace {

LookupResult resolve(const std::string& host, std::uint16_t port);
LinkFailure lookupFailure(const std::string& host, int code, int system_error);

/// Signals of the application are none of this thread's business.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

/// All that the resolver's thread shares with its asker. `scheduler` is null once the asker has gone: whoever
/// holds the mutex and sees it set may post, since the asker cannot go meanwhile.
struct NameLookup::Question : std::enable_shared_from_this<NameLookup::Question> {
  std::mutex mutex;
  Scheduler* scheduler = nullptr;
  std::function<void(LookupResult)> done;

  void answer(LookupResult result) {
    const std::lock_guard lock(mutex);
    if (!scheduler) return;
    scheduler->post(
        [self = shared_from_this(), result = std::move(result)]() mutable { self->tell(std::move(result)); });
  }
  void tell(LookupResult result) {
    const auto call = take();
    if (call) call(std::move(result));
  }
  std::function<void(LookupResult)> take() {
    const std::lock_guard lock(mutex);
    scheduler = nullptr;
    return std::exchange(done, nullptr);
  }
};

NameLookup::NameLookup(AsioScheduler& scheduler, const std::string& host, std::uint16_t port,
                       std::function<void(LookupResult)> done)
    : question_(std::make_shared<Question>()), work_(scheduler.work()) {
  question_->scheduler = &scheduler;
  question_->done = std::move(done);
  if (const auto address = Address::numeric(host, port)) {
    question_->answer({{*address}, {}});
    return;
  }
  const SignalsBlocked blocked;
  try {
    std::thread([question = question_, host, port] { question->answer(resolve(host, port)); }).detach();
  } catch (const std::system_error& error) {
    question_->answer({{}, lookupFailure(host, EAI_SYSTEM, error.code().value())});
  }
}

NameLookup::~NameLookup() {
  question_->take();
}

namespace {

LookupResult resolve(const std::string& host, std::uint16_t port) {
  // Without AI_ADDRCONFIG, which does not count loopback addresses: "localhost" would lose one family on a
  // machine that has the other on a real interface. An address of a family that is not there fails at once in
  // the connector.
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found))
    return {{}, lookupFailure(host, code, errno)};
  LookupResult result;
  for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
      result.addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  }
  ::freeaddrinfo(found);
  if (result.addresses.empty()) result.failure = lookupFailure(host, EAI_NONAME, 0);
  return result;
}

LinkFailure lookupFailure(const std::string& host, int code, int system_error) {
  if (code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY)
    return makeFailure(Error::name_not_found, "the name " + host + " was not found");
  const std::string reason = code == EAI_SYSTEM
                                 ? std::error_code(system_error, std::system_category()).message()
                                 : std::string(::gai_strerror(code));
  return makeFailure(Error::name_lookup_failed, "the name " + host + " could not be looked up: " + reason);
}

}  // namespace

}  // namespace multiconn::net
