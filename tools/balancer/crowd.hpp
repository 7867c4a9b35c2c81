#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace multiconn::balancer {

/// Connections in the order of their last sign of life, all of them and by network (networkOf()), so that
/// where there are too many, the one that has been of no use for longest goes.
template <typename Connection>
class Crowd {
 private:
  struct Entry;
  using Entries = std::list<Entry>;
  using Places = std::list<typename Entries::iterator>;
  using Network = std::pair<const std::string, Places>;

 public:
  using Handle = typename Entries::iterator;

  /// As the newest.
  template <typename... Arguments>
  Handle add(const std::string& network, Arguments&&... arguments) {
    const Handle handle = entries_.emplace(entries_.end(), std::forward<Arguments>(arguments)...);
    handle->network = &*networks_.try_emplace(network).first;
    Places& places = handle->network->second;
    handle->place = places.insert(places.end(), handle);
    return handle;
  }
  Connection& operator[](Handle handle) { return handle->connection; }
  /// There was a sign of life.
  void renew(Handle handle) {
    entries_.splice(entries_.end(), entries_, handle);
    Places& places = handle->network->second;
    places.splice(places.end(), places, handle->place);
  }
  Handle remove(Handle handle) {
    Network& network = *handle->network;
    network.second.erase(handle->place);
    if (network.second.empty()) networks_.erase(network.first);
    return entries_.erase(handle);
  }

  std::size_t size() const { return entries_.size(); }
  std::size_t sizeOfNetwork(Handle handle) const { return handle->network->second.size(); }
  const std::string& networkOf(Handle handle) const { return handle->network->first; }
  Handle oldest() { return entries_.begin(); }
  Handle oldestOfNetwork(Handle handle) { return handle->network->second.front(); }
  Handle end() { return entries_.end(); }

 private:
  struct Entry {
    template <typename... Arguments>
    explicit Entry(Arguments&&... arguments) : connection(std::forward<Arguments>(arguments)...) {}
    Connection connection;
    Network* network = nullptr;
    typename Places::iterator place;
  };

  Entries entries_;
  std::unordered_map<std::string, Places> networks_;
};

}  // namespace multiconn::balancer
