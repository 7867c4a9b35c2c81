#include "media/input.hpp"

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "media/codecs.hpp"
#include "media/input_name.hpp"

namespace multiconn::media {
namespace {

constexpr std::chrono::seconds url_open_timeout{15};

const AVInputFormat* demuxerNamed(const std::string& format) {
  if (format.empty()) return nullptr;
  const AVInputFormat* demuxer = av_find_input_format(format.c_str());
  if (demuxer == nullptr) throw std::runtime_error("FFmpeg has no input format named \"" + format + '"');
  return demuxer;
}

// Otherwise a name with a colon would be taken for a protocol.
std::string forFfmpeg(const std::string& url) {
  std::error_code ignored;
  return std::filesystem::exists(url, ignored) ? "file:" + url : url;
}

void refuseObviousMistakes(const std::string& url, const std::string& name) {
  if (url.empty()) throw std::runtime_error("no input was named");
  std::error_code unknown;
  if (std::filesystem::is_directory(url, unknown))
    throw std::runtime_error(name + " is a directory, not a media file");
  if (std::filesystem::is_regular_file(url, unknown) && std::filesystem::file_size(url, unknown) == 0)
    throw std::runtime_error(name + " is empty");
}

// libavformat finds a codec by its container alone; without these it has seen no frame of it.
bool isDescribed(const AVCodecParameters& parameters) {
  return parameters.codec_type == AVMEDIA_TYPE_VIDEO ? parameters.width > 0 && parameters.height > 0
                                                     : parameters.sample_rate > 0;
}

// Text that FFmpeg would render as pictures.
bool isText(const AVFormatContext& context) {
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    const AVCodecID id = context.streams[i]->codecpar->codec_id;
    const bool drawn_text = id == AV_CODEC_ID_ANSI || id == AV_CODEC_ID_BINTEXT || id == AV_CODEC_ID_XBIN ||
                            id == AV_CODEC_ID_IDF;
    if (drawn_text) return true;
  }
  return false;
}

bool isPicture(const AVStream& stream) {
  return (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
}

}  // namespace

Input::Input(std::string url, const AvSourceOptions& options, std::shared_ptr<StopSignal> stop)
    : url_(std::move(url)), name_(displayName(url_)), transcode_(options.transcode), stop_(std::move(stop)) {
  quietLog();
  refuseObviousMistakes(url_, name_);
  try {
    open(options.format);
    probe();
    selectTracks();
  } catch (...) {
    avformat_close_input(&context_);
    throw;
  }
  open_deadline_.reset();
}

Input::~Input() {
  avformat_close_input(&context_);
}

void Input::want(bool audio, bool video) {
  const auto wanted = [&](const AVStream* stream) {
    return (audio && audio_ && audio_->stream == stream) || (video && video_ && video_->stream == stream);
  };
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    AVStream* stream = context_->streams[i];
    stream->discard = wanted(stream) ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

int Input::read(AVPacket& packet) {
  while (true) {
    const int result = av_read_frame(context_, &packet);
    if (stop_->isSet()) return AVERROR_EXIT;
    if (result == AVERROR(EAGAIN)) continue;
    if (result < 0) return result;
    const AVStream* stream = context_->streams[packet.stream_index];
    if (stream->discard != AVDISCARD_ALL && packet.size > 0) return 0;
    av_packet_unref(&packet);
  }
}

std::optional<Microseconds> Input::duration() const {
  if (isPipe() || context_->duration <= 0) return std::nullopt;
  return Microseconds(context_->duration);
}

void Input::open(const std::string& format) {
  const AVInputFormat* demuxer = demuxerNamed(format);
  context_ = avformat_alloc_context();
  if (context_ == nullptr) throw std::bad_alloc();
  context_->interrupt_callback = {
      [](void* self) { return static_cast<const Input*>(self)->interrupted() ? 1 : 0; }, this};
  try {
    pipe_ = PipeReader::open(url_, stop_);
  } catch (const std::system_error& error) {
    failToOpen(AVERROR(error.code().value()));
  }
  if (pipe_) context_->pb = pipe_->context();
  if (isUrl(url_)) open_deadline_ = std::chrono::steady_clock::now() + url_open_timeout;
  const std::string name = pipe_ ? std::string() : forFfmpeg(url_);
  const int result = avformat_open_input(&context_, name.c_str(), demuxer, nullptr);
  if (result < 0) failToOpen(result);
}

void Input::probe() {
  // A stream in which it finds nothing is not an error to this function.
  const int result = avformat_find_stream_info(context_, nullptr);
  if (result < 0) failToOpen(result);
  if (isText(*context_)) failToOpen(AVERROR_INVALIDDATA);
}

void Input::selectTracks() {
  video_ = selectTrack(AVMEDIA_TYPE_VIDEO, -1);
  audio_ = selectTrack(AVMEDIA_TYPE_AUDIO, video_ ? video_->stream->index : -1);
  if (!video_ && !audio_) throw std::runtime_error(name_ + " has neither audio nor video in it");
  const bool described = (video_ && isDescribed(*video_->stream->codecpar)) ||
                         (audio_ && isDescribed(*audio_->stream->codecpar));
  if (!described) failToOpen(AVERROR_INVALIDDATA);
}

std::optional<Input::Track> Input::selectTrack(AVMediaType type, int related) const {
  const int best = av_find_best_stream(context_, type, -1, related, nullptr, 0);
  if (best < 0 || isPicture(*context_->streams[best])) return std::nullopt;
  return chosen(*context_->streams[best]);
}

// A track that can be sent as it is comes before a better one that cannot.
Input::Track Input::chosen(AVStream& best) const {
  const AVCodecParameters& parameters = *best.codecpar;
  if (transcode_ == Transcode::always) return {&best, std::nullopt};
  if (const auto codec = codecFor(parameters.codec_id)) return {&best, codec};
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    AVStream* other = context_->streams[i];
    if (other->codecpar->codec_type != parameters.codec_type || isPicture(*other)) continue;
    if (const auto codec = codecFor(other->codecpar->codec_id)) return {other, codec};
  }
  if (transcode_ == Transcode::never) throw std::runtime_error(uncarriableCodec(name_, parameters));
  return {&best, std::nullopt};
}

bool Input::interrupted() const {
  return stop_->isSet() || (open_deadline_ && std::chrono::steady_clock::now() > *open_deadline_);
}

void Input::failToOpen(int error) const {
  switch (error) {
    case AVERROR(ENOENT):
      throw std::runtime_error(name_ + ": there is no such file");
    case AVERROR(EACCES):
      throw std::runtime_error(name_ + ": this user may not read it");
    case AVERROR_INVALIDDATA:
    case AVERROR_EOF:
      throw std::runtime_error(name_ + " is not media that FFmpeg recognises");
    case AVERROR_PROTOCOL_NOT_FOUND:
      throw std::runtime_error(name_ + ": FFmpeg does not know this protocol");
    case AVERROR_EXIT:
      throw std::runtime_error(name_ + " has sent nothing useful for " +
                               std::to_string(url_open_timeout.count()) + " seconds");
    default:
      throw std::runtime_error(name_ + " cannot be opened: " + errorText(error));
  }
}

}  // namespace multiconn::media
