#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <multiconn/amf_value.hpp>

#include "origin/shared_object_data.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::origin {

/// A persistent shared object as its file holds it. Big-endian:
/// "MCSO", u8 format (1), u8 0, u16 length and name of the object, u32 version, u32 number of slots; for each
/// slot u16 length and name, u32 length and value (AMF0, with marker 0x11 where only AMF3 holds it); last the
/// SHA-256 of everything before it.
struct SharedObjectContent {
  std::string name;
  std::uint32_t version = 0;
  AmfObject slots;
};

rtmp::Bytes encodeFile(std::string_view name, const SharedObjectData& data);
/// Nothing when it is not whole and unchanged.
std::optional<SharedObjectContent> decodeFile(rtmp::BytesView bytes);

/// The folder of an application instance's objects: DATA_DIR/APP[/INSTANCE]/.shared, and a file in it. Every
/// byte that is no ASCII letter, digit, "-" or "_" becomes %XX; a part too long for a file name becomes %-
/// and its SHA-256. No two names share a path, none leads elsewhere, and none is a recording's.
std::filesystem::path objectFolder(const std::filesystem::path& data_dir, std::string_view scope);
std::string objectFileName(std::string_view name);

}  // namespace multiconn::origin
