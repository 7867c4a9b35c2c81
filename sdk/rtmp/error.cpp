#include "rtmp/error.hpp"

#include <string>

namespace multiconn::rtmp {
namespace {

const char* sentence(Error error);

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "rtmp"; }
  std::string message(int condition) const override { return sentence(static_cast<Error>(condition)); }
};

const char* sentence(Error error) {
  switch (error) {
    case Error::none:
      return "no error";
    case Error::not_rtmp:
      return "the peer speaks HTTP or TLS, not RTMP, on this port";
    case Error::unsupported_version:
      return "the peer asks for an RTMP version other than 3";
    case Error::chunk_size_invalid:
      return "the peer announced a chunk size outside 1 to 2147483647";
    case Error::chunk_without_header:
      return "a chunk refers to an earlier header that was never sent";
    case Error::chunk_inside_message:
      return "a new message started inside an unfinished one";
    case Error::too_many_chunk_streams:
      return "the peer uses too many chunk streams";
    case Error::too_many_partial_messages:
      return "the peer has too many unfinished messages";
    case Error::message_too_large:
      return "a message is larger than the limit for its type";
    case Error::reassembly_budget_exceeded:
      return "the unfinished messages of the peer exceed the memory budget";
    case Error::amf_truncated:
      return "an AMF value ends before its content does";
    case Error::amf_unknown_marker:
      return "an AMF value has a type marker that does not exist";
    case Error::amf_unsupported_marker:
      return "an AMF value is of a reserved or unsupported type";
    case Error::amf_too_deep:
      return "AMF values are nested too deeply";
    case Error::amf_too_many_values:
      return "a message holds too many AMF values";
    case Error::amf_too_large:
      return "the AMF values of a message need too much memory";
    case Error::amf_bad_reference:
      return "an AMF reference points to no object";
    case Error::amf_not_encodable:
      return "a value cannot be expressed in the AMF version of the connection";
    case Error::command_malformed:
      return "a command lacks its name, transaction or object";
    case Error::unexpected_command:
      return "a command is not allowed in the current state";
    case Error::control_flood:
      return "the peer causes control messages faster than it reads them";
    case Error::too_many_calls:
      return "too many calls wait for an answer";
    case Error::shared_object_malformed:
      return "a shared object message ends before its content does";
    case Error::media_truncated:
      return "an audio or video message ends inside its header";
    case Error::media_unsupported_codec:
      return "an audio or video message uses a codec that is not supported";
    case Error::media_malformed:
      return "an audio or video message is malformed";
    case Error::flv_malformed:
      return "the FLV data is malformed";
  }
  return "unknown error";
}

}  // namespace

const std::error_category& errorCategory() {
  static const Category category;
  return category;
}

}  // namespace multiconn::rtmp
