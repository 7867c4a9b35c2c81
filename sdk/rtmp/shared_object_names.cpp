// Which names of shared objects and methods would be taken for something else.
#include <algorithm>
#include <array>

#include "rtmp/shared_object_message.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::array<std::string_view, 37> commands{"_checkbw",
                                                    "_error",
                                                    "_onbwcheck",
                                                    "_onbwdone",
                                                    "_result",
                                                    "close",
                                                    "closeStream",
                                                    "connect",
                                                    "createStream",
                                                    "deleteStream",
                                                    "FCPublish",
                                                    "FCSubscribe",
                                                    "FCUnpublish",
                                                    "FCUnsubscribe",
                                                    "getBandwidthLimit",
                                                    "getStats",
                                                    "getStreamLength",
                                                    "initStream",
                                                    "onBWCheck",
                                                    "onBWDone",
                                                    "onFCPublish",
                                                    "onFCSubscribe",
                                                    "onFCUnpublish",
                                                    "onFCUnsubscribe",
                                                    "onStatus",
                                                    "pause",
                                                    "pauseRaw",
                                                    "ping",
                                                    "play",
                                                    "play2",
                                                    "pong",
                                                    "publish",
                                                    "receiveAudio",
                                                    "receiveVideo",
                                                    "releaseStream",
                                                    "seek",
                                                    "setBandwidthLimit"};

// Data messages, which nginx-rtmp keeps in the table of its commands.
constexpr std::array<std::string_view, 3> data_handlers{"@setDataFrame", "@clearDataFrame", "onMetaData"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool isForbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
         std::string_view(" ~%&\\;:\"',<>?#").find(c) != std::string_view::npos;
}

}  // namespace

// nginx-rtmp looks names up without regard to case.
bool isSharedObjectName(std::string_view name, const Limits& limits) {
  const auto same = [&](std::string_view other) { return equalIgnoringCase(name, other); };
  return !name.empty() && name.size() <= limits.max_name &&
         std::none_of(name.begin(), name.end(), isForbidden) &&
         std::none_of(commands.begin(), commands.end(), same) &&
         std::none_of(data_handlers.begin(), data_handlers.end(), same);
}

bool isReservedName(std::string_view name) {
  return std::find(commands.begin(), commands.end(), name) != commands.end();
}

}  // namespace multiconn::rtmp
