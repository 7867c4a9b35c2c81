#pragma once

namespace multiconn::balancer {

/// Lets the kernel end a connection whose peer has vanished without a word, about 100 s later, and one that
/// acknowledges nothing for 90 s.
void noticeVanishedPeer(int descriptor);

}  // namespace multiconn::balancer
