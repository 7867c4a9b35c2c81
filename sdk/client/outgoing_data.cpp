// The part of an OutgoingStream that sends data messages.
#include "client/metadata.hpp"
#include "client/outgoing_stream.hpp"
#include "client/status_codes.hpp"
#include "rtmp/shared_object_message.hpp"

namespace multiconn::client {

namespace {

constexpr const char* set_frame = "@setDataFrame";
constexpr const char* clear_frame = "@clearDataFrame";

bool isFrameCommand(const std::string& handler) {
  return handler == set_frame || handler == clear_frame;
}

/// Empty: nothing is wrong with it.
std::string nameProblem(const std::string& name) {
  if (name.empty()) return "The handler's name is empty.";
  if (name.size() > rtmp::Limits().max_name) return "The handler's name is longer than 1024 bytes.";
  if (name.find('.') != std::string::npos) return "The handler's name has a dot in it.";
  if (rtmp::isReservedName(name)) return "\"" + name + "\" is a name that RTMP itself uses.";
  return {};
}

}  // namespace

void OutgoingStream::sendData(const std::string& handler, const std::vector<AmfValue>& arguments) {
  std::string problem = dataProblem(handler, arguments);
  if (problem.empty()) {
    const rtmp::Error error = passData(handler, arguments);
    if (error != rtmp::Error::none)
      problem = "The message cannot be sent: " + rtmp::make_error_code(error).message() + ".";
  }
  if (!problem.empty()) events_.streamStatus({code::send_failed, "error", std::move(problem), {}, {}, {}});
}

std::string OutgoingStream::dataProblem(const std::string& handler,
                                        const std::vector<AmfValue>& arguments) const {
  if (!request_ || finishing()) return "Nothing is being published: call publish() first.";
  if (!isFrameCommand(handler)) return nameProblem(handler);
  const std::string* const name = arguments.empty() ? nullptr : arguments[0].string();
  const std::size_t wanted = handler == set_frame ? 2 : 1;
  if (!name || arguments.size() != wanted)
    return "\"" + handler + "\" takes the name of a handler" + (wanted == 2 ? " and one value." : ".");
  return nameProblem(*name);
}

// onMetaData is put together from several parties, and sent again when one of them changes.
rtmp::Error OutgoingStream::passData(const std::string& handler, const std::vector<AmfValue>& arguments) {
  if (handler == set_frame && *arguments[0].string() == "onMetaData" && arguments[1].object()) {
    metadata(*arguments[1].object());
    return rtmp::Error::none;
  }
  std::vector<AmfValue> values{handler};
  values.insert(values.end(), arguments.begin(), arguments.end());
  const rtmp::Error error = broadcast_->data(std::move(values), scheduler_.now());
  settle(0);
  return error;
}

}  // namespace multiconn::client
