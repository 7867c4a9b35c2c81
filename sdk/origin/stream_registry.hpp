#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <multiconn/application.hpp>

namespace multiconn::origin {

class LiveStream;
class StreamLabels;
struct StreamStatus;

/// Every stream that somebody publishes, plays or waits for. It has to outlive them all.
class StreamRegistry {
 public:
  StreamRegistry(std::size_t gop_bytes, const StreamLabels& labels)
      : gop_bytes_(gop_bytes), labels_(labels) {}
  StreamRegistry(const StreamRegistry&) = delete;
  StreamRegistry& operator=(const StreamRegistry&) = delete;

  /// The stream; made when there is none. It goes when nobody holds it any more.
  std::shared_ptr<LiveStream> open(const std::string& app, const std::string& name);
  bool published(const std::string& app, const std::string& name) const;
  std::vector<StreamStatus> status() const;
  /// Those of one application.
  std::vector<StreamInfo> list(const std::string& app) const;

 private:
  using Key = std::pair<std::string, std::string>;

  std::size_t gop_bytes_;
  const StreamLabels& labels_;
  std::map<Key, std::weak_ptr<LiveStream>> streams_;
};

/// Application and instance as one key: "live/_definst_" and "/live/" are "live". Empty for a name that no
/// application can have: without text, with control characters, or with an empty part.
std::string applicationScope(std::string_view app);

}  // namespace multiconn::origin
