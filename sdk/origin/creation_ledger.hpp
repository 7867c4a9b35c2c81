#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include <multiconn/origin.hpp>

namespace multiconn::origin {

/// Who has made the persistent shared objects that clients have made while this server runs and that are
/// still there, so that no client and no address fills what all share. Everything on the strand.
class CreationLedger {
 public:
  struct Maker {
    std::uint64_t client = 0;
    std::string host;  ///< see peerHost()
  };

  explicit CreationLedger(const OriginQuotas& quotas)
      : most_of_client_(quotas.client_new_objects), most_of_host_(quotas.address_new_objects) {}

  bool mayCreate(const Maker& maker) const;
  /// `object`: its scope and name.
  void created(const std::string& object, const Maker& maker);
  /// The object is no more; also of one that is not written down here.
  void gone(const std::string& object);
  /// The client will not be back under this id; its address answers for what it has made.
  void left(std::uint64_t client) { of_clients_.erase(client); }

 private:
  std::size_t most_of_client_, most_of_host_;
  std::map<std::string, Maker> makers_;  // by object
  std::unordered_map<std::uint64_t, std::size_t> of_clients_;
  std::unordered_map<std::string, std::size_t> of_hosts_;
};

}  // namespace multiconn::origin
