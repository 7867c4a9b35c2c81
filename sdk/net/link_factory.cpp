#include "net/link_factory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
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

/// librtmp is an engine for every one of them, once it is there.
struct Scheme {
  std::string_view name;
  LinkMaker native;  ///< null: librtmp alone
};
constexpr std::array schemes{
    Scheme{"rtmp", makeNative}, Scheme{"rtmps", makeNative}, Scheme{"rtmpt", makeNative},
    Scheme{"rtmpe", nullptr},   Scheme{"rtmpte", nullptr},
};
std::atomic<LinkMaker> librtmp_maker = nullptr;

/// Where no engine serves: open() only says so.
class NoLink final : public Link {
 public:
  NoLink(AsioScheduler& scheduler, std::string reason)
      : scheduler_(scheduler), failure_(makeFailure(Error::unsupported_scheme, std::move(reason))) {}

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

void setLibrtmpEngine(LinkMaker maker) {
  librtmp_maker = maker;
}

std::unique_ptr<Link> makeLink(AsioScheduler& scheduler, LinkTarget target) {
  const std::string url = target.url.scheme + "://";
  const auto scheme = std::find_if(schemes.begin(), schemes.end(),
                                   [&](const Scheme& known) { return known.name == target.url.scheme; });
  if (scheme == schemes.end()) return std::make_unique<NoLink>(scheduler, "no engine here speaks " + url);
  if (scheme->native && target.engine != LinkEngine::librtmp)
    return scheme->native(scheduler, std::move(target));
  if (target.engine == LinkEngine::native)
    return std::make_unique<NoLink>(scheduler, "the native engine does not speak " + url);
  if (const LinkMaker make = librtmp_maker) return make(scheduler, std::move(target));
  const std::string what = scheme->native ? "asking for " + url + " over librtmp" : url;
  return std::make_unique<NoLink>(
      scheduler, what + " needs the librtmp engine: link multiconn::librtmp and call useLibrtmp()");
}

}  // namespace multiconn::net
