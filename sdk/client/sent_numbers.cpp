#include "client/sent_numbers.hpp"

#include <algorithm>

namespace multiconn::client {

void SentNumbers::taken(std::uint64_t number, std::uint64_t end) {
  if (spans_.size() <= most / 4) apart_ = std::max<std::uint64_t>(1, apart_ / 2);
  if (!spans_.empty() && number - spans_.back().first < apart_) {
    spans_.back().end = end;
    return;
  }
  if (full()) joinNeighbours();
  spans_.push({number, end});
}

// TLS counts more bytes in the kernel than were given to it, and the end of a stream is one: only an empty
// link has acknowledged all for certain.
void SentNumbers::acknowledge(const net::LinkStats& figures) {
  if (figures.unsent == 0 && figures.unacknowledged == 0) return spans_.clear();
  const std::uint64_t acknowledged = figures.acknowledged();
  while (!spans_.empty() && spans_.front().end <= acknowledged) spans_.pop();
}

std::optional<std::uint64_t> SentNumbers::first() const {
  if (spans_.empty()) return {};
  return spans_.front().first;
}

void SentNumbers::joinNeighbours() {
  const std::size_t pairs = spans_.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i) spans_[i] = {spans_[2 * i].first, spans_[2 * i + 1].end};
  spans_.truncate(pairs);
  apart_ *= 2;
}

}  // namespace multiconn::client
