#pragma once

#include <string>
#include <string_view>

#include <multiconn/amf_value.hpp>

#include "balance/load_report.hpp"
#include "balancer/rtmp_options.hpp"

namespace multiconn::balancer {

/// The name of an application in what a client asks for: without instance and query.
std::string_view applicationIn(std::string_view app);
/// "live/instance?query" with the application that `redirect` names.
std::string appOf(const RtmpRedirect& redirect, std::string_view app);
/// scheme://host[:port]/app[/instance][?query].
std::string redirectUrl(const RtmpRedirect& redirect, const balance::RedirectAddress& edge,
                        std::string_view app);

/// The client is known to follow a redirect: it says so ("multiconn: 1" in its connect object), or it is a
/// Flash Player by its flashVer. FFmpeg, librtmp, OBS and GStreamer do not follow.
bool followsRedirects(const AmfObject& connect);

}  // namespace multiconn::balancer
