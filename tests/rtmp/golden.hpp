#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "rtmp/flv.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::rtmp::test {

/// A tag that owns its body.
struct GoldenTag {
  std::uint8_t type = 0;
  std::uint32_t timestamp = 0;
  Bytes body;
};

inline Bytes fileBytes(const std::filesystem::path& path) {
  const std::string text = multiconn::test::textOf(path);
  const BytesView bytes = asBytes(text);
  return {bytes.begin(), bytes.end()};
}

/// FLV files written by FFmpeg 8.1, and its own view of their packets beside them
/// (tests/interop/node-av/make_golden).
inline std::filesystem::path goldenFolder() {
  return std::filesystem::path(MULTICONN_VECTORS) / "enhanced";
}

inline std::vector<std::string> goldenNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(goldenFolder()))
    if (entry.path().extension() == ".flv") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

inline Bytes goldenFile(const std::string& name) {
  return fileBytes(goldenFolder() / (name + ".flv"));
}

inline std::vector<GoldenTag> tagsOf(BytesView file) {
  FlvReader reader{Limits{}};
  reader.append(file);
  std::vector<GoldenTag> tags;
  while (const auto tag = reader.next())
    tags.push_back({tag->type, tag->timestamp, {tag->body.begin(), tag->body.end()}});
  return tags;
}

inline std::vector<GoldenTag> goldenTags(const std::string& name) {
  return tagsOf(goldenFile(name));
}

}  // namespace multiconn::rtmp::test
