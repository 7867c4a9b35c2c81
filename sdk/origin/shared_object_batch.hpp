#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/shared_object_message.hpp"

namespace multiconn::origin {

/// What has happened to one shared object since its clients were last told, in order. A client that wrote
/// gets what it wrote confirmed in its place among the others' changes, so that it ends up with what
/// everybody has.
class SharedObjectBatch {
 public:
  using Events = std::vector<rtmp::SharedObjectEvent>;
  /// A client's id; 0 for the server itself.
  using Author = std::uint64_t;

  /// The author gets Success, all others Change. `bytes`: of the encoded value.
  void change(Author author, const std::string& slot, AmfValue value, std::size_t bytes);
  /// For everybody.
  void remove(const std::string& slot);
  void clear();
  void send(std::vector<AmfValue> values, std::size_t bytes);
  /// For the author alone.
  void confirm(Author author, const std::string& slot);
  void confirmRemoval(Author author, const std::string& slot);
  /// What the slot holds still: the server's value wins over the author's.
  void revert(Author author, const std::string& slot, AmfValue value, std::size_t bytes);
  void refuse(Author author, std::string_view code);

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  /// Roughly what it holds.
  std::size_t bytes() const { return bytes_; }

  /// For clients that wrote nothing: of several changes of a slot the last one, except that a message that
  /// was sent stays behind the changes of before it.
  Events forReaders() const;
  /// For one client, from what was the size() when it joined.
  Events forClient(Author client, std::size_t from) const;
  /// Something in it is for this client alone, or its own.
  bool concerns(Author client) const { return authors_.contains(client); }

 private:
  enum class Audience : std::uint8_t { everybody, others, author };
  struct Entry {
    rtmp::SharedObjectEvent event;
    Author author = 0;
    Audience audience = Audience::everybody;
  };
  void add(Entry entry, std::size_t bytes);

  std::vector<Entry> entries_;
  std::unordered_set<Author> authors_;
  std::size_t bytes_ = 0;
};

}  // namespace multiconn::origin
