#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/multiconn.hpp>

#include "support/gathered.hpp"

namespace multiconn::test {

/// A MultiConnection over real sockets, with everything it says written down. Its methods wait, with a
/// deadline.
struct Viewer {
  explicit Viewer(const ConnectOptions& options = {});

  SetupOutcome connect(std::vector<Destination> destinations);
  /// Of the first server; nothing when there was no reply in time.
  std::optional<Reply> call(const std::string& method, std::vector<AmfValue> arguments = {});
  /// The replies of that many calls, in the order in which they came; `arguments` of each by its number.
  std::vector<Reply> callMany(const std::string& method, std::size_t count,
                              const std::function<std::vector<AmfValue>(std::size_t)>& arguments);
  /// A status of this code has come.
  bool waitStatus(const std::string& code, std::size_t times = 1) const;
  std::optional<Status> find(const std::string& code) const;
  std::size_t count(const std::string& code) const;
  /// Codes, descriptions and urls of everything said so far.
  std::string everythingSaid() const;
  /// A configuration record before the first, then pictures `first` to `first + count - 1`, 25 a second with
  /// a keyframe each `gop`.
  void writePictures(std::uint32_t first, std::uint32_t count, std::size_t size = 64, std::uint32_t gop = 25);

  Gathered<Status> statuses;  ///< of the stream too
  SetupOutcome outcome;
  Runtime runtime;
  MultiConnection connection;
  NetStream stream;
};

/// A shared object as one viewer has it. Goes before the viewer.
class Held {
 public:
  explicit Held(Viewer& viewer, const std::string& name = "chat", bool persistent = false);

  SharedObject object;
  /// "change x" and so on for each entry of onSync's lists, "said TEXT" for send()'s handler "say", and the
  /// codes of statuses.
  std::vector<std::string> notes() const { return notes_->all(); }
  bool waitNote(const std::string& note, std::size_t times = 1) const;
  /// It lives on every server. Not a note: the object may be there before onSync() is set.
  bool waitJoined() const;
  /// Once this is what the slot holds; nothing: that there is no such slot.
  bool waitValue(const std::string& slot, const std::optional<AmfValue>& value) const;

 private:
  std::shared_ptr<Gathered<std::string>> notes_ = std::make_shared<Gathered<std::string>>();
};

}  // namespace multiconn::test
