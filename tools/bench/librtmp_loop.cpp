#include "librtmp_loop.hpp"

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "process.hpp"
#include "rtmp/flv.hpp"
#include "sockets.hpp"

namespace multiconn::bench {
namespace {

using rtmp::Bytes;

struct Tag {
  std::uint8_t type = 0;
  std::uint32_t timestamp = 0;
  Bytes body;
};

std::vector<Tag> readTags(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  rtmp::FlvReader reader(rtmp::Limits{});
  reader.append(rtmp::asBytes(content));
  std::vector<Tag> tags;
  while (const auto tag = reader.next())
    tags.push_back({tag->type, tag->timestamp, Bytes(tag->body.begin(), tag->body.end())});
  if (tags.empty()) throw std::runtime_error(name + " is no FLV file");
  return tags;
}

class Session {
 public:
  Session(std::uint16_t port, std::size_t index, std::uint32_t chunk_size)
      : url_("rtmp://127.0.0.1:" + std::to_string(port) + "/live/" + streamName(index)), rtmp_(RTMP_Alloc()) {
    RTMP_Init(rtmp_);
    if (!RTMP_SetupURL(rtmp_, url_.data())) throw std::runtime_error("librtmp does not take the URL");
    RTMP_EnableWrite(rtmp_);
    if (!RTMP_Connect(rtmp_, nullptr) || !RTMP_ConnectStream(rtmp_, 0))
      throw std::runtime_error("librtmp does not connect");
    if (chunk_size != static_cast<std::uint32_t>(rtmp_->m_outChunkSize)) announce(chunk_size);
  }
  ~Session() {
    RTMP_Close(rtmp_);
    RTMP_Free(rtmp_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void write(const Bytes& tag) {
    if (RTMP_Write(rtmp_, reinterpret_cast<const char*>(tag.data()), static_cast<int>(tag.size())) <= 0)
      throw std::runtime_error("the sink has closed");
  }

 private:
  // RTMP 1.0 5.4.1
  void announce(std::uint32_t chunk_size) {
    std::vector<char> buffer(RTMP_MAX_HEADER_SIZE + 4);
    RTMPPacket packet{};
    packet.m_nChannel = 2;
    packet.m_headerType = RTMP_PACKET_SIZE_LARGE;
    packet.m_packetType = RTMP_PACKET_TYPE_CHUNK_SIZE;
    packet.m_nBodySize = 4;
    packet.m_body = buffer.data() + RTMP_MAX_HEADER_SIZE;
    AMF_EncodeInt32(packet.m_body, packet.m_body + 4, static_cast<int>(chunk_size));
    RTMP_SendPacket(rtmp_, &packet, 0);
    rtmp_->m_outChunkSize = static_cast<int>(chunk_size);
  }

  std::string url_;  // librtmp keeps pointers into it
  RTMP* rtmp_;
};

}  // namespace

int runLibrtmpLoop(const LibrtmpLoopOptions& options) {
  using Clock = std::chrono::steady_clock;
  std::signal(SIGPIPE, SIG_IGN);
  raiseDescriptorLimit();
  RTMP_LogSetLevel(RTMP_LOGCRIT);
  const std::vector<Tag> tags = readTags(options.file);
  std::cout << cpuSecondsSoFar() << std::endl;
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::size_t i = 0; i < options.count; ++i)
    sessions.push_back(std::make_unique<Session>(options.port, i, options.chunk_size));
  const std::uint32_t length = tags.back().timestamp - tags.front().timestamp + 40;
  const auto begin = Clock::now();
  Bytes bytes;
  for (std::uint32_t round = 0; round < options.repeat; ++round) {
    for (const Tag& tag : tags) {
      const std::uint32_t timestamp = tag.timestamp + round * length;
      if (options.paced)
        std::this_thread::sleep_until(begin + std::chrono::milliseconds(timestamp - tags.front().timestamp));
      bytes.clear();
      rtmp::appendFlvTag({tag.type, timestamp, tag.body}, bytes);
      for (const auto& session : sessions) session->write(bytes);
    }
  }
  return 0;
}

}  // namespace multiconn::bench
