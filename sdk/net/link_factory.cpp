#include "net/link_factory.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"
#include "net/native_link.hpp"

namespace multiconn::net {
namespace {

std::unique_ptr<Link> makeNative(AsioScheduler& scheduler, LinkTarget target) {
  return std::make_unique<NativeLink>(scheduler, std::move(target));
}

struct Engine {
  std::string_view scheme;
  std::unique_ptr<Link> (*make)(AsioScheduler&, LinkTarget);
};
constexpr std::array engines{
    Engine{"rtmp", makeNative},
    Engine{"rtmps", makeNative},
};

/// Where no engine serves: open() only says so.
class NoLink final : public Link {
 public:
  NoLink(AsioScheduler& scheduler, const std::string& scheme)
      : scheduler_(scheduler),
        failure_(makeFailure(Error::unsupported_scheme, "no engine here speaks " + scheme + "://")) {}

  void open(std::vector<rtmp::OutMessage>, LinkEvents& events) override { tellLater(events, failure_); }
  bool trySend(const rtmp::OutMessage&) override { return false; }
  LinkStats stats() const override { return {}; }
  void close(CloseMode) override {}  // closed() is under way already

 private:
  void tellLater(LinkEvents& events, const LinkFailure& failure) {
    telling_ = scheduler_.after(Duration::zero(), [&events, failure] { events.closed(failure); });
  }

  AsioScheduler& scheduler_;
  LinkFailure failure_;
  Timer telling_;
};

}  // namespace

std::unique_ptr<Link> makeLink(AsioScheduler& scheduler, LinkTarget target) {
  for (const Engine& engine : engines) {
    if (engine.scheme == target.url.scheme) return engine.make(scheduler, std::move(target));
  }
  return std::make_unique<NoLink>(scheduler, target.url.scheme);
}

}  // namespace multiconn::net
