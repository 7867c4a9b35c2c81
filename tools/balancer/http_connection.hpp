#pragma once

#include <array>
#include <functional>
#include <string>

#include "balancer/http_door.hpp"
#include "balancer/ready_set.hpp"

namespace multiconn::balancer {

/// What the connections of one door share: nothing of it is kept from one turn to the next.
struct HttpWorkshop {
  ReadySet& ready;
  HttpLimits limits;
  HttpDoor::Answer answer;
  std::array<char, 32 * 1024> input{};
  std::string output{};
  HttpReply reply{};
  std::string date{};  ///< renewed each second
  std::uint64_t requests = 0;
};

/// One HTTP client.
class HttpConnection final : public ReadySet::Watched {
 public:
  HttpConnection(HttpWorkshop& shop, net::Socket socket, const net::Address& peer, balance::TimePoint now);
  ~HttpConnection() override;

  /// Reads what has come already. False: it is over.
  bool begin() { return receive(); }
  bool isLate(balance::TimePoint now) const { return now >= deadline_; }
  /// Called when a turn of the ReadySet has ended it; destroys it.
  std::function<void()> over;
  /// Called when requests have been answered.
  std::function<void()> answered;

 private:
  void ready(bool readable, bool writable) override;
  // Each of these is false when the connection is over.
  bool receive();
  bool serve(std::string_view bytes);
  bool send(std::string_view bytes);
  bool resume();
  bool finish();
  bool drain();
  bool watch(bool for_writing);

  std::string_view answerAll(std::string_view bytes);
  void refuse(unsigned status);
  void keep(std::string_view rest, bool progress);

  HttpWorkshop& shop_;
  net::Socket socket_;
  std::string client_;
  std::string input_;   // of a request that has not come whole, or that waits until the client reads
  std::string output_;  // what the socket did not take yet
  balance::TimePoint deadline_;
  std::size_t drained_ = 0;
  bool in_request_ = true;  // its first byte has come
  bool closing_ = false;    // after what is to be sent
  bool refused_ = false;    // and the client may be sending still
  bool draining_ = false;
  bool watched_ = false, for_writing_ = false;
};

}  // namespace multiconn::balancer
