#pragma once

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <string>

#include <multiconn/origin.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/message.hpp"
#include "support/certificates.hpp"
#include "support/rtmp_test_client.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::test {

/// On a free port of this machine, with a status page.
OriginOptions testOptions();

// Bodies as encoders write them (FLV 10.1 E.4.2 and E.4.3). `mark` fills the payload, so that frames differ.
rtmp::Bytes videoConfig(unsigned char mark = 0);
rtmp::Bytes videoFrame(bool key, unsigned char mark, std::size_t size = 32);
rtmp::Bytes audioRecord();
rtmp::Bytes audioFrame(unsigned char mark);

/// The body of audio, video or data; empty for all else.
rtmp::Bytes bodyOf(const rtmp::Message& message);
bool isVideo(const rtmp::Message& message);
/// The handler's name of a data message; empty for all else.
std::string handlerOf(const rtmp::Message& message);
/// The next audio or video message, data left out.
std::optional<rtmp::Message> nextFrame(RtmpTestClient& player,
                                       std::chrono::milliseconds wait = RawClient::default_wait);

boost::json::value statusOf(const OriginServer& server);
/// Of the only stream there is.
std::int64_t players(const OriginServer& server);
std::int64_t waitingPlayers(const OriginServer& server);
std::int64_t connections(const OriginServer& server);

std::string get(std::uint16_t port, const std::string& path);

}  // namespace multiconn::test
