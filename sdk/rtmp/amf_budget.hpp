#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::rtmp {

/// What the values of one message body may still cost, in either version of AMF, and the first error met.
class AmfBudget {
 public:
  AmfBudget(std::size_t body_size, const Limits& limits);

  /// One more value.
  void chargeValue();
  void charge(std::size_t bytes);
  /// Called before room is made for `count` values, of at least `size` bytes each, that `in` should hold.
  void expect(std::size_t count, std::size_t size, const ByteReader& in);
  /// An object opens at this depth.
  void enter(std::size_t depth);
  /// A charged copy; empty when it cannot be afforded.
  std::string copy(std::string_view text);

  void fail(Error error);
  bool failed() const { return error_ != Error::none; }
  Error error() const { return error_; }
  const Limits& limits() const { return limits_; }

 private:
  const Limits& limits_;
  std::size_t memory_left_;
  std::size_t values_left_;
  Error error_ = Error::none;
};

/// Where in a body the objects lie that can be referred to, by their number. A reference is resolved by
/// reading those bytes again, which charges the copy like any other value; what is read again is not entered
/// again.
class AmfReferences {
 public:
  explicit AmfReferences(BytesView body) : body_(body) {}

  /// An object begins; the handle to finish it with, unless it has been entered before.
  std::optional<std::size_t> begin(std::size_t position);
  void end(std::size_t index, std::size_t position) { objects_[index].end = position; }

  std::size_t size() const { return objects_.size(); }
  /// The bytes of an object that ends before `position`; nothing when it is still open there.
  std::optional<BytesView> finished(std::size_t index, std::size_t position) const;

 private:
  struct Object {
    std::size_t begin = 0;
    std::size_t end = 0;  // 0 while unfinished
  };
  BytesView body_;
  std::vector<Object> objects_;
};

/// How far into `body` the reader has come: it reads the body or a part of it.
inline std::size_t positionIn(BytesView body, const ByteReader& in) {
  return in.ok() ? static_cast<std::size_t>(in.rest().data() - body.data()) : body.size();
}

/// Names written twice: the last value wins, at the first one's place.
void mergeDuplicates(AmfObject& object);

}  // namespace multiconn::rtmp
