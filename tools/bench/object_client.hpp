#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bare_client.hpp"

namespace multiconn::bench {

/// A client of one shared object. readable() throws std::runtime_error too when the server refuses.
class ObjectClient : public BareClient {
 public:
  /// `changed` gets every slot and value that the server tells.
  using Changed = std::function<void(std::size_t client, const rtmp::SharedObjectEvent& change)>;
  ObjectClient(std::size_t index, std::uint16_t port, Changed changed);

  bool joined() const { return joined_; }
  /// Sends a Request Change at once.
  void set(const std::string& slot, double value);

 private:
  bool take(const rtmp::Message& message, std::int64_t arrived_us) override;
  void told(const rtmp::ClientEvent& event) override;
  void handle(const rtmp::SharedObjectMessage& message);
  void sendObject(rtmp::SharedObjectEvent event);

  std::size_t index_;
  Changed changed_;
  bool joined_ = false;
};

}  // namespace multiconn::bench
