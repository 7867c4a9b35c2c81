#include "rtmp/adts.hpp"

#include <array>

#include "rtmp/bit_reader.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::array<unsigned, 13> sample_rates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                                22050, 16000, 12000, 11025, 8000,  7350};

struct Header {
  std::uint32_t profile = 0;  // audio object type - 1
  std::uint32_t sampling_index = 0;
  std::uint32_t channels = 0;  // 0: the raw data block begins with a program config element
  std::size_t header_size = 7;
  std::size_t frame_size = 0;
};

std::optional<Header> parseHeader(BytesView bytes) {
  BitReader reader(bytes);
  Header header;
  const bool synced = reader.bits(12) == 0xFFF;
  reader.skip(1);  // MPEG-2 or MPEG-4
  const bool layer_zero = reader.bits(2) == 0;
  header.header_size = reader.flag() ? 7 : 9;  // protection_absent, else a CRC follows
  header.profile = reader.bits(2);
  header.sampling_index = reader.bits(4);
  reader.skip(1);
  header.channels = reader.bits(3);
  reader.skip(4);
  header.frame_size = reader.bits(13);
  reader.skip(11);
  const bool one_block = reader.bits(2) == 0;
  const bool valid = reader.ok() && synced && layer_zero && one_block &&
                     header.sampling_index < sample_rates.size() && header.frame_size > header.header_size &&
                     header.frame_size <= bytes.size();
  if (!valid) return std::nullopt;
  return header;
}

/// Copies bits from a reader to the end of a byte string.
class BitCopier {
 public:
  BitCopier(BitReader& reader, Bytes& out, std::size_t used_bits)
      : reader_(reader), out_(out), used_(used_bits) {}

  std::uint32_t bits(unsigned count) {
    std::uint32_t value = 0;
    while (count-- > 0) value = value << 1 | bit();
    return value;
  }
  void skip(std::size_t count) {
    while (count-- > 0 && reader_.ok()) bit();
  }
  void align() {
    reader_.byteAlign();
    used_ = (used_ + 7) / 8 * 8;
  }

 private:
  std::uint32_t bit() {
    const std::uint32_t value = reader_.bit();
    if (used_ / 8 == out_.size()) out_.push_back(std::byte{0});
    out_.back() |= static_cast<std::byte>(value << (7 - used_ % 8));
    ++used_;
    return value;
  }

  BitReader& reader_;
  Bytes& out_;
  std::size_t used_;
};

// program_config_element() (ISO/IEC 14496-3 4.4.1.1). Its comment is aligned to bytes, of the block here and
// of the config there.
bool copyProgramConfig(BytesView raw, Bytes& config) {
  BitReader reader(raw);
  constexpr std::uint32_t id_pce = 5;
  if (reader.bits(3) != id_pce) return false;
  BitCopier copy(reader, config, 16);
  copy.skip(4 + 2 + 4);
  const std::uint32_t front = copy.bits(4);
  const std::uint32_t side = copy.bits(4);
  const std::uint32_t back = copy.bits(4);
  const std::uint32_t lfe = copy.bits(2);
  const std::uint32_t data = copy.bits(3);
  const std::uint32_t coupling = copy.bits(4);
  if (copy.bits(1) != 0) copy.skip(4);  // mono mixdown
  if (copy.bits(1) != 0) copy.skip(4);  // stereo mixdown
  if (copy.bits(1) != 0) copy.skip(3);  // matrix mixdown
  copy.skip(5 * std::size_t{front + side + back + coupling} + 4 * std::size_t{lfe + data});
  copy.align();
  copy.skip(8 * std::size_t{copy.bits(8)});
  return reader.ok();
}

std::optional<Bytes> audioSpecificConfig(const Header& header, BytesView raw) {
  Bytes config;
  ByteWriter(config).u16((header.profile + 1) << 11 | header.sampling_index << 7 | header.channels << 3);
  if (header.channels == 0 && !copyProgramConfig(raw, config)) return std::nullopt;
  return config;
}

}  // namespace

std::optional<std::vector<AdtsFrame>> splitAdts(BytesView bytes) {
  std::vector<AdtsFrame> frames;
  while (!bytes.empty()) {
    const std::optional<Header> header = parseHeader(bytes);
    if (!header) return std::nullopt;
    AdtsFrame frame;
    frame.raw = bytes.subspan(header->header_size, header->frame_size - header->header_size);
    frame.sample_rate = sample_rates[header->sampling_index];
    const std::optional<Bytes> config = audioSpecificConfig(*header, frame.raw);
    // With channels 0 only the first block need carry the program config.
    if (config) frame.audio_specific_config = *config;
    frames.push_back(std::move(frame));
    bytes = bytes.subspan(header->frame_size);
  }
  if (frames.empty()) return std::nullopt;
  return frames;
}

}  // namespace multiconn::rtmp
