#pragma once

#include <multiconn/amf_value.hpp>

namespace multiconn::client {

/// `own` over `below`: both's properties, those of `own` where a name is in both.
AmfObject mergedProperties(AmfObject below, const AmfObject& own);

/// onMetaData as every server can read it: MediaMTX and SRS end a connection over a date, XML, a typed object
/// or a string above 64 KiB. Dates become their milliseconds, XML its text, typed objects plain ones; what is
/// left over is left out.
AmfObject portableMetadata(const AmfObject& properties);

}  // namespace multiconn::client
