#pragma once

#include <chrono>

namespace multiconn::test {

/// For tests that change what a whole machine shares. Called first of all in a TEST, it runs that test again
/// in a process with network and mount namespaces of its own, adds a failure if it failed there (or if there
/// can be none, with what to do about it) and returns false. In that process it returns true: loopback is up,
/// and no mount reaches the machine. Works as root, as root in a chroot, and for users who may make user
/// namespaces.
bool inOwnNamespace();

/// In a namespace of our own: there is no device any more, none of the system's either (/dev/null and so on).
void hideDevices();

/// In a namespace of our own: /etc/hosts has this name, and no other. Any number of times.
void nameHost(const char* name, const char* address);

/// In a namespace of our own: a name server on 127.0.0.1 that takes every question and never answers. The
/// resolver hangs for a minute over names that are not in /etc/hosts.
class MuteNameServer {
 public:
  MuteNameServer();
  ~MuteNameServer();
  MuteNameServer(const MuteNameServer&) = delete;
  MuteNameServer& operator=(const MuteNameServer&) = delete;

  /// Waits for a question that came after the last call; false: none within `deadline`.
  bool waitAsked(std::chrono::milliseconds deadline);

 private:
  int socket_;
};

}  // namespace multiconn::test
