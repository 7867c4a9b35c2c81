#pragma once

#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

namespace multiconn::rtmp {

/// Why bytes of a peer, or values of ours, were refused. Each has one sentence in error.cpp.
enum class Error : std::uint8_t {
  none = 0,
  // handshake
  not_rtmp,             ///< first byte of HTTP or TLS: the port serves something else
  unsupported_version,  ///< C0/S0 is not 3
  // chunk stream
  chunk_size_invalid,    ///< Set Chunk Size of 0 or with bit 31 set
  chunk_without_header,  ///< fmt 1-3 on a chunk stream that has no previous header
  chunk_inside_message,  ///< fmt 0-2 before the previous message of that chunk stream was complete
  too_many_chunk_streams,
  too_many_partial_messages,
  message_too_large,
  reassembly_budget_exceeded,
  // AMF
  amf_truncated,
  amf_unknown_marker,
  amf_unsupported_marker,  ///< movieclip, recordset, an externalizable object of AMF3
  amf_too_deep,
  amf_too_many_values,
  amf_too_large,
  amf_bad_reference,
  amf_not_encodable,  ///< a Reference, a type AMF0 lacks, or a string or array above the format's own limit
  // messages and sessions
  command_malformed,
  unexpected_command,  ///< a command the state machine does not allow here
  control_flood,
  too_many_calls,
  shared_object_malformed,
  // media
  media_truncated,
  media_unsupported_codec,
  media_malformed,
  flv_malformed,
};

const std::error_category& errorCategory();
inline std::error_code make_error_code(Error error) {
  return {static_cast<int>(error), errorCategory()};
}

/// A value or the reason there is none.
template <typename T>
class Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(Error error) : content_(error) {}

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() { return *std::get_if<0>(&content_); }
  const T& operator*() const { return *std::get_if<0>(&content_); }
  T* operator->() { return std::get_if<0>(&content_); }
  const T* operator->() const { return std::get_if<0>(&content_); }
  Error error() const { return content_.index() == 1 ? *std::get_if<1>(&content_) : Error::none; }

 private:
  std::variant<T, Error> content_;
};

}  // namespace multiconn::rtmp

template <>
struct std::is_error_code_enum<multiconn::rtmp::Error> : std::true_type {};
