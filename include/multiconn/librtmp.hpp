#pragma once

namespace multiconn {

/// Adds librtmp as the second engine: destinations with rtmpe:// or rtmpte:// can then be reached, and
/// LinkEngine::librtmp can be asked for. Call it once, before connecting; more often does no harm. Any
/// thread. Needs multiconn::librtmp, which brings in the library librtmp (LGPL 2.1 or later).
///
/// RTMPE hides the stream from onlookers, but anyone on the way can take part in its key exchange: it is no
/// replacement for rtmps.
void useLibrtmp();

}  // namespace multiconn
