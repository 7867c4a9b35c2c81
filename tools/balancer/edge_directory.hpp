#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "balance/dispatcher.hpp"
#include "balancer/log.hpp"
#include "balancer/refusal_log.hpp"

namespace multiconn::balancer {

/// How a client asked.
enum class LookUpForm : std::uint8_t { text, json, http_redirect, rtmp_redirect, rtmp_relay, rtmp_call };
constexpr std::size_t look_up_form_count = 6;
std::string_view nameOf(LookUpForm form);

/// What has happened since the start.
struct DirectoryCounts {
  std::uint64_t reports = 0;
  std::array<std::uint64_t, balance::refusal_count> refusals{};
  /// By form and balance::NoEdge, where `none` stands for an answer with an edge.
  std::array<std::array<std::uint64_t, 4>, look_up_form_count> look_ups{};
  std::uint64_t redirects = 0;  ///< edges that were named
  std::uint64_t pauses = 0;     ///< and their ends

  std::uint64_t lookUps() const;
  std::uint64_t refused() const;
};

/// The edges of this balancer: reports come in, look-ups are answered, both are counted and what changes is
/// logged. On one strand; the clocks are passed in.
class EdgeDirectory {
 public:
  /// `paused`: edges that were paused here before a restart.
  EdgeDirectory(balance::DispatcherOptions options, balance::Opener opener, balance::TimePoint now,
                std::uint64_t seed, Log log, const std::vector<balance::Guid>& paused = {});

  /// A datagram from the numeric address `sender`.
  void receive(rtmp::BytesView datagram, const std::string& sender, balance::TimePoint now,
               balance::WallTime wall);
  balance::Answer lookUp(const balance::Question& question, LookUpForm form, balance::TimePoint now);
  /// `id`: a GUID as text. False: no such edge, neither heard of nor known as paused from before a restart.
  bool pause(std::string_view id, bool paused, balance::TimePoint now);
  /// Several times a second: forgets who is gone for long, and logs what has changed.
  void tick(balance::TimePoint now);
  void setKeys(std::vector<balance::SharedKey> keys) { opener_.setKeys(std::move(keys)); }

  const balance::ServerPool& pool() const { return dispatcher_.pool(); }
  const balance::Policy& policy() const { return dispatcher_.policy(); }
  bool isStarting(balance::TimePoint now) const { return dispatcher_.starting(now); }
  const DirectoryCounts& counts() const { return counts_; }
  std::vector<balance::SenderMark> marks() const { return opener_.marks(); }
  std::vector<balance::Guid> paused() const { return pool().paused(); }
  /// Whether two machines report under this GUID, seen within the last minute.
  bool isDuplicated(const balance::Guid& guid, balance::TimePoint now) const;
  std::size_t duplicates(balance::TimePoint now) const;

 private:
  void refused(const balance::RefusedReport& refusal, const std::string& sender, balance::TimePoint now);
  void note(const balance::Edge& edge, balance::TimePoint now);
  std::optional<balance::Guid> guidOf(std::string_view id) const;

  struct Noted {
    balance::EdgeStatus status;
    bool seldom = false;  // was told of
  };

  const balance::milliseconds message_timeout_;
  balance::Dispatcher dispatcher_;
  balance::Opener opener_;
  DirectoryCounts counts_;
  RefusalLog refusal_log_;
  std::map<balance::Guid, balance::TimePoint> duplicated_;
  std::map<balance::Guid, Noted> noted_;
  Log log_;
};

}  // namespace multiconn::balancer
