#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "net/link.hpp"

namespace multiconn::test {

/// A Link that is counted while it is alive, and does all that the one inside it does.
class CountedLink final : public net::Link {
 public:
  /// Sees each message that is given to trySend(), refused or not.
  using Watch = std::function<void(const rtmp::OutMessage&)>;

  CountedLink(std::unique_ptr<net::Link> link, int& live, Watch watch = {})
      : link_(std::move(link)), live_(live), watch_(std::move(watch)) {
    ++live_;
  }
  ~CountedLink() override { --live_; }
  CountedLink(const CountedLink&) = delete;
  CountedLink& operator=(const CountedLink&) = delete;

  void open(std::vector<rtmp::OutMessage> opening, net::LinkEvents& events) override {
    link_->open(std::move(opening), events);
  }
  bool trySend(const rtmp::OutMessage& message) override {
    if (watch_) watch_(message);
    return link_->trySend(message);
  }
  void cork() override { link_->cork(); }
  void uncork() override { link_->uncork(); }
  net::LinkStats stats() const override { return link_->stats(); }
  std::uint64_t taken() const override { return link_->taken(); }
  void close(net::CloseMode mode) override { link_->close(mode); }

 private:
  std::unique_ptr<net::Link> link_;
  int& live_;
  Watch watch_;
};

}  // namespace multiconn::test
