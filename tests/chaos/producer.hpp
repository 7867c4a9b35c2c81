#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include <multiconn/net_stream.hpp>

#include "chaos/ledger.hpp"
#include "chaos/payloads.hpp"
#include "chaos/plan.hpp"
#include "chaos/random.hpp"

namespace multiconn::chaos {

/// The application's encoder: frames as the plan has them, each written down in the ledger.
class Producer {
 public:
  Producer(const Plan& plan, Random& random, Ledger& ledger, Payloads& payloads)
      : plan_(plan), random_(random), ledger_(ledger), payloads_(payloads), dts_(plan.first_dts) {}

  /// The next picture and the sound beside it. False: one was refused.
  bool write(NetStream& stream, net::TimePoint now);
  /// Another broadcast follows.
  void beginAnew() { first_dts_.reset(); }
  void skip(std::chrono::milliseconds time) { dts_ += time; }

  std::size_t bytes() const { return bytes_; }
  /// So often a timestamp was smaller than the one before.
  std::size_t wrapped() const { return wrapped_; }

 private:
  bool write(NetStream& stream, Kind kind, std::chrono::microseconds dts, net::TimePoint now);
  std::uint32_t timestamp(std::chrono::microseconds dts) const;
  FrameKind nextPicture();

  const Plan& plan_;
  Random& random_;
  Ledger& ledger_;
  Payloads& payloads_;
  std::chrono::microseconds dts_;
  std::size_t thirds_ = 0;
  std::optional<std::chrono::microseconds> first_dts_;
  std::uint32_t broadcast_ = 0, since_key_ = 0;
  std::size_t bytes_ = 0, wrapped_ = 0;
};

}  // namespace multiconn::chaos
