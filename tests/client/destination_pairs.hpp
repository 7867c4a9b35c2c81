#pragma once

#include <array>
#include <string>

namespace multiconn::test {

/// Two publish URLs.
struct UrlPair {
  std::string one, other;
};

/// One place, spelled in two ways.
inline const std::array same_places{
    UrlPair{"rtmp://h/live/canary", "RTMP://H:1935/live/canary"},
    UrlPair{"rtmps://h/live/canary", "rtmps://h:443/live/canary"},
    UrlPair{"rtmpts://h/live/canary", "rtmpts://h:443/live/canary"},
    UrlPair{"rtmpt://h/live/canary", "rtmpt://h:80/live/canary"},
    UrlPair{"rtmpte://h/live/canary", "rtmpte://h:80/live/canary"},
    UrlPair{"rtmp://h:9/live/canary", "rtmp://h:09/live/canary"},
    UrlPair{"rtmp://h/live/canary", "rtmp://h//live/canary"},
    UrlPair{"rtmp://h/live/canary", "rtmp://h/live//canary"},
    UrlPair{"rtmp://h/live/canary", "rtmp://user:p@h/live/canary"},
    UrlPair{"rtmp://one:p@h/live/canary", "rtmp://other:q@h/live/canary"},
    UrlPair{"rtmp://[2001:db8::A]/live/canary", "rtmp://[2001:DB8::a]:1935/live/canary"},
};

/// Two places that look alike.
inline const std::array different_places{
    UrlPair{"rtmpt://h:1935/live/canary", "rtmpt://h/live/canary"},
    UrlPair{"rtmpte://h:1935/live/canary", "rtmpte://h/live/canary"},
    UrlPair{"rtmp://h:80/live/canary", "rtmp://h/live/canary"},
    UrlPair{"rtmp://h:443/live/canary", "rtmps://h/live/canary"},
    UrlPair{"rtmp://h/live/canary", "rtmpe://h/live/canary"},
    UrlPair{"rtmp://h/live/canary", "rtmp://h/live/Canary"},
    UrlPair{"rtmp://h/live/canary", "rtmp://h/Live/canary"},
    UrlPair{"rtmp://h/live/canary", "rtmp://h/live/canary?t=1"},
    UrlPair{"rtmp://h/live/canary", "rtmp://h/live?t=1/canary"},
    UrlPair{"rtmp://h/live/canary", "rtmp://h/live/instance/canary"},
};

}  // namespace multiconn::test
