#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <multiconn/multiconn.hpp>

namespace multiconn::chaos {

/// Hears everything that the library says, and complains about what must not be said: secrets, answers that
/// come twice, anything after the end.
class Witness {
 public:
  explicit Witness(std::function<void(std::string)> complain) : complain_(std::move(complain)) {}

  void heard(const Status& status);
  void heard(const SetupOutcome& outcome);
  void heard(const Reply& reply);
  void heard(const std::vector<ServerStats>& rows);
  void heard() {
    if (over_) complain_("a callback came after the end");
  }
  /// The MultiConnection is gone.
  void over() { over_ = true; }

  /// What is to be given to callRemote() on these servers.
  std::function<void(const Reply&)> expectReplies(const std::vector<ServerId>& from);
  /// Complains about replies that have not come.
  void checkReplies();
  void checkAnswered() const;

  /// "server code", the newest last.
  const std::vector<std::string>& story() const { return story_; }
  std::size_t count(const std::string& code) const;

 private:
  void scan(const std::string& what, const std::string& text);

  std::function<void(std::string)> complain_;
  bool over_ = false;
  int answers_ = 0;
  std::vector<std::map<ServerId, int>> replies_;
  std::vector<std::string> story_;
  std::map<std::string, std::size_t> counts_;
};

}  // namespace multiconn::chaos
