#pragma once

#include <string>
#include <vector>

#include "packet_compare.hpp"

namespace multiconn::bench {

/// How NAL units are brought into one form before the payload is summed up: behind lengths of 4 bytes, or
/// behind the ones the input has (what a broadcast of it carries). Annex B becomes length-prefixed, ADTS raw,
/// and temporal delimiters of AV1 go, in either case.
enum class NalLengths : std::uint8_t { four, as_given };

/// The packets of the best video and the best audio track of a file or URL that libavformat opens. Throws
/// std::runtime_error with one sentence.
std::vector<Track> readMedia(const std::string& url, NalLengths lengths);

/// The same from a listing: lines {"stream","type","codec",...} and
/// {"stream","dts_ms","pts_ms","size","key","md5"}, as tests/interop/node-av/av.mjs prints them; other lines
/// are skipped. Throws as readMedia().
std::vector<Track> readListing(const std::string& path);

}  // namespace multiconn::bench
